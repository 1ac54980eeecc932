import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import { expect, test } from 'vitest';
import { runCommand } from '../support/process/command.js';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

test.each([[['register']], [['run', '--']], [['list', 'a', 'b']], [['--frob']], [['--env']]])(
	'wrong usage %j: exit 64, one line and where help is',
	async (args) => {
		const { code, stdout, stderr } = await runCommand(args).waitExit();
		expect(code).toBe(64);
		expect(stdout).toBe('');
		expect(stderr).toMatch(/^etcd-registrar: .+\nSee etcd-registrar --help\.\n$/);
	},
);

test('the version is bare', async () => {
	expect(await runCommand(['--version']).waitExit()).toMatchObject({
		code: 0,
		stdout: `${version}\n`,
		stderr: '',
	});
});

test('help names every command, option and exit code', async () => {
	const { code, stdout } = await runCommand(['--help']).waitExit();
	expect(code).toBe(0);
	for (const word of [
		'[run]',
		'run --',
		'check',
		'list',
		'watch',
		...['health', 'status', 'pause', 'resume', '--reason'],
		'--env-file',
		'--json',
		'--help',
		'--version',
	])
		expect(stdout).toContain(word);
	for (const exit of ['0', '64', '69', '70', '75', '78', '126', '127', '128 + n'])
		expect(stdout).toContain(exit);
	expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
});

test('an env file that is named must be there', async () => {
	const { code, stdout, stderr } = await runCommand(['check', '--env-file', 'none.env']).waitExit();
	// Node 20 looks for this option behind the script too, and refuses a missing file itself, with 9.
	expect([9, 78]).toContain(code);
	expect(stdout).toBe('');
	expect(stderr).toContain('none.env');
});

test('a missing env file is a mistake of the configuration where Node does not read it first', async () => {
	const { code, stderr } = await runCommand(['check', '--env', 'none.env']).waitExit();
	expect(code).toBe(78);
	expect(stderr).toContain('none.env');
});

test.each(['12.22.12', '18.20.8', '20.18.3'])('on Node %s it ends with one sentence', (old) => {
	const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${old}'}})`;
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		['--import', pretend, 'dist/cli.js', '--help'],
		{
			encoding: 'utf8',
		},
	);
	expect({ status, stdout, stderr }).toEqual({
		status: 78,
		stdout: '',
		stderr: `etcd-registrar: Node 20.19 or later is needed, and this is Node ${old}: run it with a newer one\n`,
	});
});

test('an old Node can read the file that tells it so', () => {
	const entry = readFileSync('dist/cli.js', 'utf8');
	const written = (target: string) => transformSync(entry, { target, format: 'esm', minify: true }).code;
	expect(written('node12.22')).toBe(written('esnext'));
	// Whatever else it needs it loads afterwards.
	expect(entry).not.toMatch(/^import\b(?!\()|\bfrom '/m);
});
