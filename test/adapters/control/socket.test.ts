import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listenPrivately, SocketError } from '../../../src/adapters/control/socket.js';
import { outcome } from '../../support/memory/passing-time.js';
import { spawnGuarded } from '../../support/process/guarded.js';

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'control-'));
	onTestFinished(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

function aServer(): Server {
	const server = createServer((socket) => void socket.on('error', () => {}).end('here'));
	onTestFinished(() => void server.close());
	return server;
}

async function answerOf(path: string): Promise<string> {
	const socket = connect({ path }).setEncoding('utf8');
	let text = '';
	socket.on('data', (part) => {
		text += part;
	});
	await once(socket, 'close');
	return text;
}

/** The file of a process that was killed. */
async function stale(path: string): Promise<void> {
	const code = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
	await once(spawnGuarded(process.execPath, ['-e', code]), 'exit');
	expect(statSync(path).isSocket()).toBe(true);
}

test('only its owner may connect, nothing else is left in the directory, and it goes at the end', async () => {
	const path = join(folder(), 'c.sock');
	const remove = await listenPrivately(aServer(), path);
	expect(statSync(path).mode & 0o7777).toBe(0o600);
	expect(readdirSync(join(path, '..'))).toEqual(['c.sock']);
	expect(await answerOf(path)).toBe('here');
	await remove();
	expect(readdirSync(join(path, '..'))).toEqual([]);
});

test('at every moment at which others see it it has its mode', async () => {
	const path = join(folder(), 'c.sock');
	let isOver = false;
	const modes: number[] = [];
	const observing = (async () => {
		for (; !isOver; await new Promise((resolve) => setImmediate(resolve)))
			for (const name of readdirSync(join(path, '..')))
				modes.push(statSync(join(path, '..', name), { throwIfNoEntry: false })?.mode ?? 0);
	})();
	const formerly = process.umask(0);
	onTestFinished(() => void process.umask(formerly));
	for (let times = 0; times < 20; times += 1) await (await listenPrivately(aServer(), path))();
	isOver = true;
	await observing;
	expect(modes.length).toBeGreaterThan(0);
	expect(modes.filter((mode) => (mode & 0o077) !== 0)).toEqual([]);
});

test.runIf(process.getuid?.() === 0)('another user cannot connect', async () => {
	const path = join(folder(), 'c.sock');
	await listenPrivately(aServer(), path);
	// The directory is open to all, the socket is not.
	const code = `require('node:fs').chmodSync(${JSON.stringify(join(path, '..'))}, 0o777);
		process.setuid(65534);
		require('node:net').connect(${JSON.stringify(path)}).on('error', (e) => console.log(e.code)).on('connect', () => console.log('in'))`;
	const child = spawnGuarded(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
	expect(String((await once(child.stdout ?? child, 'data'))[0]).trim()).toBe('EACCES');
});

test('the file of a dead process is replaced', async () => {
	const path = join(folder(), 'c.sock');
	await stale(path);
	await listenPrivately(aServer(), path);
	expect(await answerOf(path)).toBe('here');
});

test('what another process has put there meanwhile is not taken away', async () => {
	const path = join(folder(), 'c.sock');
	const remove = await listenPrivately(aServer(), path);
	rmSync(path);
	await listenPrivately(aServer(), path);
	await remove();
	expect(await answerOf(path)).toBe('here');
});

test('of several that begin at once one listens, and the others say why not', async () => {
	const path = join(folder(), 'c.sock');
	const all = await Promise.all([1, 2, 3, 4].map(() => outcome(listenPrivately(aServer(), path))));
	expect(all.filter((each) => each instanceof SocketError)).toHaveLength(3);
	expect(await answerOf(path)).toBe('here');
	expect(readdirSync(join(path, '..'))).toEqual(['c.sock']);
});

test.each<readonly [sentence: string, prepare: (path: string) => unknown, problem: RegExp]>([
	['a living process', (path) => listenPrivately(aServer(), path), /a living process listens there/],
	['a file', (path) => writeFileSync(path, 'precious'), /is no socket/],
	['a directory', (path) => mkdirSync(path), /is no socket/],
	['a link to nowhere', (path) => symlinkSync('/nowhere', path), /is no socket/],
])('refused, and left as it is: %s', async (_sentence, prepare, problem) => {
	const path = join(folder(), 'c.sock');
	await prepare(path);
	const before = readdirSync(join(path, '..'));
	const error = await outcome(listenPrivately(aServer(), path));
	expect(error).toBeInstanceOf(SocketError);
	expect((error as Error).message).toMatch(problem);
	expect(readdirSync(join(path, '..'))).toEqual(before);
});

test.each<readonly [sentence: string, path: (folder: string) => string, problem: RegExp]>([
	[
		'a directory that is missing',
		(at) => join(at, 'x', 'c.sock'),
		/the directory .*x is not there: create it/,
	],
	['a file in place of a directory', (at) => join(at, 'file', 'c.sock'), /no directory/],
])('refused: %s', async (_sentence, pathIn, problem) => {
	const at = folder();
	writeFileSync(join(at, 'file'), '');
	const error = await outcome(listenPrivately(aServer(), pathIn(at)));
	expect((error as Error).message).toMatch(problem);
	expect(readdirSync(at)).toEqual(['file']);
});
