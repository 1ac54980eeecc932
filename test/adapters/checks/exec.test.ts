import { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { execCheck } from '../../../src/adapters/checks/exec.js';
import { createCheck } from '../../../src/adapters/checks/index.js';
import { removeAtExit } from '../../support/process/guarded.js';
import { alive } from '../../support/process/proc.js';

/** Bounds a hang; asserts no speed. */
const SOON = { timeout: 30_000 };

const exec = (command: string) => createCheck({ kind: 'exec', command });
const never = new AbortController().signal;

test('a command that ends with 0 is healthy', async () => {
	await exec('true').check(never);
	await exec(`sh -c 'test "a b" = "a b"'`).check(never);
});

const FAILING: readonly (readonly [sentence: string, command: string, message: RegExp])[] = [
	['another exit code is not', 'sh -c "exit 3"', /^sh ended with exit code 3$/],
	['a command that kills itself is not', `sh -c 'kill -TERM $$'`, /^sh was ended by SIGTERM$/],
	['a command that does not exist is not', '/nowhere/at-all', /could not be started.*ENOENT/],
	['a file that is no program is not', '/etc/passwd', /could not be started.*EACCES/],
	['no shell expands anything', 'test -n $NOTHING_OF_THE_KIND -a x = y', /exit code 1/],
];
test.each(FAILING)('%s', async (_sentence, command, message) => {
	await expect(exec(command).check(never)).rejects.toThrow(message);
});

test('a command that hangs and forks is killed with everything it started', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'exec-check-'));
	removeAtExit(folder);
	const file = join(folder, 'pids');
	const cut = new AbortController();
	const script = `trap : TERM; sleep 1000 & echo $! >> ${file}; (trap : TERM; sleep 1000) & echo $! >> ${file}; echo $$ >> ${file}; echo done >> ${file}; wait`;
	const result = exec(`sh -c '${script}'`).check(cut.signal);
	result.catch(() => {});
	const lines = await expect
		.poll(() => safeLines(file), { timeout: 20_000 })
		.toContain('done')
		.then(() => safeLines(file));
	const pids = lines.filter((line) => line !== 'done').map(Number);
	expect(pids).toHaveLength(3);
	expect(pids.every(alive)).toBe(true);
	cut.abort();
	await expect(result).rejects.toThrow(/sh did not end in time and was killed/);
	await expect.poll(() => pids.some(alive), SOON).toBe(false);
});

test('of commands that not even SIGKILL ends one is left behind, and checks fail until it is gone', async () => {
	const started: ChildProcess[] = [];
	// Stands for a process that sleeps in the kernel: it has no pid to kill, and ends when the test says so.
	const check = execCheck('stuck', (() => {
		const child = Object.assign(new ChildProcess(), { unref: () => {} });
		started.push(child);
		return child;
	}) as unknown as Parameters<typeof execCheck>[1]);
	const cut = new AbortController();
	const first = check.check(cut.signal).catch((error: Error) => error.message);
	cut.abort();
	for (let interval = 0; interval < 3; interval += 1)
		await expect(check.check(never)).rejects.toThrow("the check's former run still hangs");
	expect(started).toHaveLength(1);
	started[0]?.emit('exit', null, 'SIGKILL');
	expect(await first).toContain('was killed');
	const next = check.check(never);
	started[1]?.emit('exit', 0, null);
	await next;
});

test('its output goes nowhere and it reads nothing', async () => {
	await exec(`sh -c 'yes | head -c 1000000; yes | head -c 1000000 >&2; test -z "$(cat)"'`).check(never);
});

function safeLines(file: string): string[] {
	try {
		return readFileSync(file, 'utf8').trim().split('\n');
	} catch {
		return [];
	}
}
