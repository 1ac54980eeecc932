import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { SpawnError, startChild } from '../../../src/adapters/host/child.js';
import { compile } from '../../support/compile.js';
import { spawnGuarded } from '../../support/process/guarded.js';
import { alive } from '../../support/process/proc.js';
import { until } from '../../support/until.js';

let program = '';
beforeAll(async () => {
	program = await compile(new URL('../programs/wrap.ts', import.meta.url));
});

/** The wrapper around a command, as a process. */
function wrap(...command: string[]) {
	const process_ = spawnGuarded(process.execPath, [program, ...command], { stdio: ['pipe', 'pipe', 'pipe'] });
	const seen = { out: '', err: '' };
	process_.stdout?.on('data', (chunk) => {
		seen.out += String(chunk);
	});
	process_.stderr?.on('data', (chunk) => {
		seen.err += String(chunk);
	});
	const closed = once(process_, 'close').then(([code, signal]: unknown[]) => ({ code, signal }));
	const pids = () =>
		until(() => {
			const match = /wrapper (\d+) child (\d+)/.exec(seen.err);
			return match && { wrapper: Number(match[1]), child: Number(match[2]) };
		});
	const said = (text: string) => until(() => seen.out.includes(text), { what: `'${text}' on stdout` });
	return {
		seen,
		closed,
		pids,
		said,
		stdin: process_.stdin,
		kill: (name: NodeJS.Signals) => process_.kill(name),
	};
}
/** Field of /proc/pid/stat behind the name: 2 = process group, 3 = session. */
const stat = (pid: number) =>
	readFileSync(`/proc/${pid}/stat`, 'utf8')
		.replace(/^.*\) /s, '')
		.split(' ');

/** Tells each signal it gets and ends on SIGTERM with 7. */
const LISTENER = `
	for (const name of ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGWINCH']) process.on(name, () => console.log('got ' + name));
	process.on('SIGTERM', () => process.exit(7));
	setInterval(() => {}, 1000);
	console.log('listening');
`;
const STUBBORN = `process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); console.log('listening');`;

const CODES: readonly (readonly [sentence: string, command: readonly string[], code: number, err: RegExp])[] =
	[
		['ends with the code of its command', ['sh', '-c', 'exit 3'], 3, /^wrapper \d+ child \d+\n$/],
		['0 stays 0', ['true'], 0, /^wrapper/],
		[
			'a command that is killed by a signal is 128 + its number',
			['sh', '-c', 'kill -KILL $$'],
			137,
			/^wrapper/,
		],
		[
			'a command that does not exist is 127',
			['no-such-command-here'],
			127,
			/^no-such-command-here: command not found \(ENOENT\)\n$/,
		],
		['a file that is no program is 126', ['/etc/passwd'], 126, /^\/etc\/passwd: cannot be run \(EACCES\)\n$/],
		['a directory is 126', ['/etc'], 126, /^\/etc: cannot be run \(EACCES\)\n$/],
	];
test.each(CODES)('%s', async (_sentence, command, code, err) => {
	const run = wrap(...command);
	expect(await run.closed).toEqual({ code, signal: null });
	expect(run.seen.err).toMatch(err);
});

test('a command that the kernel refuses is told in one line too', async () => {
	const start = startChild({ command: 'true', args: ['x'.repeat(200_000)], env: {} });
	await expect(start).rejects.toBeInstanceOf(SpawnError);
	await expect(start).rejects.toMatchObject({ exitCode: 126, message: 'true: cannot be run (E2BIG)' });
});

test('no shell touches the arguments, the environment is the given one, input and output are untouched', async () => {
	const run = wrap('sh', '-c', 'printf "%s|%s|" "$1" "$ADDED"; cat; echo to stderr >&2', 'sh', '$HOME *');
	run.stdin?.end('from stdin');
	expect((await run.closed).code).toBe(0);
	expect(run.seen.out).toBe('$HOME *|yes|from stdin');
	expect(run.seen.err).toContain('to stderr\n');
});

test('the command leads a session of its own, so a signal to our group does not reach it', async () => {
	const run = wrap(process.execPath, '-e', LISTENER);
	const { wrapper, child } = await run.pids();
	await run.said('listening');
	expect(stat(child)[3]).toBe(String(child));
	expect(stat(child)[2]).toBe(String(child));
	expect(stat(wrapper)[3]).not.toBe(String(child));
	run.kill('SIGTERM');
	expect(await run.closed).toEqual({ code: 7, signal: null });
});

test('SIGHUP, SIGQUIT, SIGUSR1 and SIGWINCH are passed on, and the wrapper lives', async () => {
	const run = wrap(process.execPath, '-e', LISTENER);
	await run.pids();
	await run.said('listening');
	for (const name of ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGWINCH'] as const) {
		run.kill(name);
		await run.said(`got ${name}`);
	}
	run.kill('SIGTERM');
	expect((await run.closed).code).toBe(7);
	expect(run.seen.err).not.toContain('Debugger');
});

test('a second SIGTERM kills the command and what it started', async () => {
	const run = wrap(
		'sh',
		'-c',
		`trap 'echo trapped' TERM; ${process.execPath} -e "$0" & echo other $!; while :; do wait; done`,
		STUBBORN,
	);
	const { child } = await run.pids();
	await run.said('listening');
	const other = Number(/other (\d+)/.exec(run.seen.out)?.[1]);
	expect([child, other].every(alive)).toBe(true);
	run.kill('SIGTERM');
	await run.said('trapped');
	expect([child, other].every(alive)).toBe(true);
	run.kill('SIGTERM');
	expect((await run.closed).code).toBe(137);
	await until(() => !alive(child) && !alive(other));
});

test('a signal goes to the command alone, not to what it started', async () => {
	const run = wrap('sh', '-c', `${process.execPath} -e "$0" & echo other $!; wait`, LISTENER);
	await run.pids();
	await run.said('listening');
	const other = Number(/other (\d+)/.exec(run.seen.out)?.[1]);
	run.kill('SIGTERM');
	// The shell ends; what it left keeps the pipes open, so the wrapper's end is not seen by 'close' before
	// that one ends too.
	await until(async () => !alive((await run.pids()).wrapper));
	expect(alive(other)).toBe(true);
	process.kill(other, 'SIGKILL');
	expect((await run.closed).code).toBe(143);
});
