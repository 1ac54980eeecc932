import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ended, removeAtExit } from '../support/process/guarded.js';
import { alive } from '../support/process/proc.js';
import { until } from '../support/until.js';

/**
 * In place of the registrar: tells where etcd is, and at the first signal whether etcd is still there. A
 * second signal is a fault.
 */
const REGISTRAR = `
	const health = () => fetch(process.env.ETCD_ENDPOINTS + '/health').then((answer) => answer.text(), String);
	let signals = 0;
	for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, async () => {
		if (++signals > 1) process.exit(9);
		console.error('stopping', signal, await health());
		process.exit(Number(process.env.CODE ?? 0));
	});
	setInterval(() => {}, 60_000);
	console.error('registrar', process.env.ETCD_ENDPOINTS, 'http', process.env.REGISTRAR_HTTP);`;

/** A folder as a built checkout is, without the rest. */
function checkout(): string {
	const folder = mkdtempSync(join(tmpdir(), 'checkout-'));
	removeAtExit(folder);
	mkdirSync(join(folder, 'dist'));
	writeFileSync(join(folder, 'dist', 'cli.js'), REGISTRAR);
	writeFileSync(join(folder, '.env.example'), 'SERVICE_NAME=demo\n#ETCD_ENDPOINTS=\n');
	return folder;
}

/**
 * Runs one of the scripts there, in a process group of its own as a shell would, and collects what it says.
 */
function start(folder: string, script: string, env: Record<string, string> = {}) {
	const path = join(import.meta.dirname, '../../scripts', script);
	const child = spawn(process.execPath, [path], {
		cwd: folder,
		env: { PATH: process.env.PATH, ...env },
		stdio: ['ignore', 'ignore', 'pipe'],
		detached: true,
	});
	const running = { child, text: '' };
	child.stderr.setEncoding('utf8').on('data', (text) => {
		running.text += text;
	});
	onTestFinished(async () => {
		child.kill('SIGTERM');
		await ended(child);
	});
	return running;
}
const endpoint = (text: string) => /registrar (http:\S+)/.exec(text)?.[1];
const etcdPid = (folder: string) =>
	Number(JSON.parse(readFileSync(join(folder, '.etcd/running.json'), 'utf8')).pid);

test.each(['SIGINT', 'SIGTERM'] as const)(
	'%s to the whole group reaches the registrar once, and etcd outlives it',
	async (signal) => {
		const folder = checkout();
		const run = start(folder, 'run.mjs', { CODE: '3' });
		await until(() => endpoint(run.text));
		expect(readFileSync(join(folder, '.env'), 'utf8')).toBe(
			readFileSync(join(folder, '.env.example'), 'utf8'),
		);
		const etcd = etcdPid(folder);
		process.kill(-(run.child.pid ?? Number.NaN), signal);
		await ended(run.child);
		expect(run.text).toContain(`stopping ${signal} {"health":"true"`);
		expect(run.child.exitCode).toBe(3);
		expect(alive(etcd)).toBe(false);
		expect(existsSync(join(folder, '.etcd/running.json'))).toBe(false);
	},
);

test('an etcd of this checkout that runs already is used and left running', async () => {
	const folder = checkout();
	const etcd = start(folder, 'etcd-alone.mjs');
	await until(() => etcd.text.includes('look: etcdctl'));
	const pid = etcdPid(folder);
	const run = start(folder, 'run.mjs');
	await until(() => endpoint(run.text));
	expect(run.text).toContain('runs already');
	expect(etcd.text).toContain(endpoint(run.text));
	run.child.kill('SIGTERM');
	await ended(run.child);
	expect(alive(pid)).toBe(true);
	etcd.child.kill('SIGTERM');
	await ended(etcd.child);
	expect([etcd.child.exitCode, alive(pid)]).toEqual([0, false]);
});

test.each([
	['the environment', { ETCD_ENDPOINTS: 'http://127.0.0.1:9' }, ''],
	['.env', {}, 'ETCD_ENDPOINTS=http://127.0.0.1:9\n'],
] as const)('with an etcd named in %s none is started', async (_, env, dotenv) => {
	const folder = checkout();
	if (dotenv) writeFileSync(join(folder, '.env'), dotenv);
	const run = start(folder, 'run.mjs', env);
	await until(() => run.text.includes('registrar'));
	expect(run.text).toContain('uses the etcd at http://127.0.0.1:9;');
	expect(existsSync(join(folder, '.etcd'))).toBe(false);
});

test.each([
	['a free port, where nothing is configured', '', /page: http:\/\/127\.0\.0\.1:(\d+)\/\n[\s\S]*http \1\n/],
	['the configured port', '9123', /page: http:\/\/127\.0\.0\.1:9123\/\n[\s\S]*http 9123\n/],
	[
		'any address of this machine',
		'0.0.0.0:9123',
		/page: http:\/\/127\.0\.0\.1:9123\/\n[\s\S]*http 0\.0\.0\.0:9123\n/,
	],
	['a name', 'localhost:9123', /page: http:\/\/localhost:9123\/\n/],
	['none', 'off', /^(?![\s\S]*page:)[\s\S]*http off\n/],
])('it tells where the page is: %s', async (_, http, told) => {
	const env = { ETCD_ENDPOINTS: 'http://127.0.0.1:9', ...(http && { REGISTRAR_HTTP: http }) };
	const run = start(checkout(), 'run.mjs', env);
	await until(() => / http \S+\n/.test(run.text));
	expect(run.text).toMatch(told);
});
