import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { readEnvFile } from '../../src/adapters/dotenv.js';
import { ConfigError } from '../../src/core/errors.js';
import { compile } from '../support/compile.js';
import { removeAtExit } from '../support/process/guarded.js';

const folder = mkdtempSync(join(tmpdir(), 'etcd-registrar-env-'));
removeAtExit(folder);
let count = 0;
const file = (content: string | Buffer): string => {
	const path = join(folder, `env-${++count}`);
	writeFileSync(path, content);
	return path;
};

test.each<[string, string | Buffer, Record<string, string>]>([
	['names and values', 'A=1\nexport B=two words\n', { A: '1', B: 'two words' }],
	['an empty file', '', {}],
	['comments and quotes', '# note\nA="p@ss#word" # note\nB=\'x y\'\n', { A: 'p@ss#word', B: 'x y' }],
	['lines that end as on Windows', 'A=1\r\nB=2\r\n', { A: '1', B: '2' }],
	['a byte order mark', '\ufeffA=1\nB=2\n', { A: '1', B: '2' }],
	['an empty value', 'A=\n', { A: '' }],
	['the last of two', 'A=1\nA=2\n', { A: '2' }],
	['no expansion', 'A=$HOME\n', { A: '$HOME' }],
])('%s', (_name, content, expected) => {
	expect(readEnvFile(file(content), { required: true })).toEqual(expected);
});

test('a default file that is not there is an empty one', () => {
	expect(readEnvFile(join(folder, 'missing'), { required: false })).toEqual({});
	expect(readEnvFile(folder, { required: false })).toEqual({});
	expect(readEnvFile(join(file('A=1'), 'below-a-file'), { required: false })).toEqual({});
});

test.each([
	['a file that is not there', () => join(folder, 'missing'), 'there is no such file'],
	['a directory', () => folder, 'it is a directory'],
	['a path through a file', () => join(file('A=1'), 'x'), 'ENOTDIR'],
])('%s, asked for by name, is a mistake that names it', (_name, make, why) => {
	const path = make();
	const read = () => readEnvFile(path, { required: true });
	expect(read).toThrow(ConfigError);
	expect(read).toThrow(path);
	expect(read).toThrow(why);
});

describe('in a process of its own', () => {
	const run = promisify(execFile);
	let program: string;
	beforeAll(async () => {
		program = await compile(new URL('./programs/env-file.ts', import.meta.url));
		chmodSync(folder, 0o755);
	});

	test("dotenv's own variables change nothing, nothing is printed, and the environment stays as it was", async () => {
		const evil = file('A=evil\nPATH=evil\n');
		const names = ['PATH', 'OVERRIDE', 'DEBUG', 'QUIET', 'ENCODING', 'KEY', 'FAST'];
		const values: Record<string, string> = {
			PATH: evil,
			OVERRIDE: 'true',
			DEBUG: 'true',
			QUIET: 'false',
			ENCODING: 'utf16le',
			KEY: 'k',
			FAST: 'true',
		};
		const hijack = Object.fromEntries(
			names.flatMap((name) =>
				[`DOTENV_${name}`, `DOTENV_CONFIG_${name}`].map((full) => [full, values[name]]),
			),
		);
		const env = { ...hijack, PATH: process.env.PATH, A: 'real' };
		const { stdout, stderr } = await run(process.execPath, [program, file('A=1\nB=2\n')], { env });
		expect(stderr).toBe('');
		expect(JSON.parse(stdout)).toEqual({ values: { A: '1', B: '2' }, a: 'real', b: null });
	});

	test.each([true, false])('a file that may not be read is a mistake, required: %s', async (required) => {
		const path = file('A=1\n');
		chmodSync(path, 0o000);
		// Root may read whatever it likes: the reader becomes somebody else.
		const user = process.getuid?.() === 0 ? ['65534'] : [];
		const { stdout } = await run(process.execPath, [program, path, String(required), ...user]);
		expect(JSON.parse(stdout)).toEqual({
			code: 'config',
			message: expect.stringContaining(`${path}: expected`),
		});
		expect(stdout).toContain('permission denied');
	});
});
