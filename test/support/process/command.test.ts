import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { runCommand } from './command.js';
import { removeAtExit } from './guarded.js';

/** A script of the test's own in place of the real command: this proves the kit, not the command. */
function script(text: string): string {
	const folder = mkdtempSync(join(tmpdir(), 'command-'));
	removeAtExit(folder);
	const path = join(folder, 'entry.mjs');
	writeFileSync(path, text);
	return path;
}

test('nothing of the environment leaks in but PATH, HOME and what the test gives', async () => {
	vi.stubEnv('ETCD_ENDPOINTS', 'http://elsewhere:1');
	vi.stubEnv('https_proxy', 'http://elsewhere:1');
	const command = runCommand(
		[],
		{ SERVICE_NAME: 'a' },
		{ entry: script('console.log(JSON.stringify(Object.keys(process.env).sort()), process.cwd())') },
	);
	const { code, stdout } = await command.waitExit();
	vi.unstubAllEnvs();
	expect(code).toBe(0);
	expect(stdout).toContain('["HOME","LOG_FORMAT","PATH","SERVICE_NAME"]');
	expect(stdout).not.toContain(process.cwd());
});

test('log lines are found as they come, arguments and input arrive, a signal ends it', async () => {
	const entry = script(`
		console.error('not a log line');
		let input = '';
		process.stdin.on('data', (chunk) => (input += chunk)).on('end', () => {
			console.error(JSON.stringify({ level: 'info', message: 'started', input, args: process.argv.slice(2) }));
			setInterval(() => {}, 60_000);
		});`);
	const command = runCommand(['run', 'x'], {}, { entry, stdin: 'text' });
	expect(await command.waitForLog((line) => line.message === 'started')).toMatchObject({
		input: 'text',
		args: ['run', 'x'],
	});
	expect(command.cpuSeconds()).toBeGreaterThan(0);
	expect(command.memory().peak).toBeGreaterThanOrEqual(command.memory().rss);
	command.signal('SIGTERM');
	expect(await command.waitExit()).toMatchObject({ code: null, signal: 'SIGTERM' });
});

test('waiting for a line of a process that ended fails at once and shows what it said', async () => {
	const command = runCommand([], {}, { entry: script('console.error("broken"); process.exitCode = 3;') });
	await expect(command.waitForLog(() => false)).rejects.toThrow(/ended \(3\)[\s\S]*broken/);
	expect((await command.waitExit()).code).toBe(3);
});
