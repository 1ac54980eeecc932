import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { VARIABLES } from '../src/core/settings/environment/service-variables.js';
import { needs } from './support/needs.js';

const FILE = 'dist/etcd-registrar.1';
const page = readFileSync(FILE, 'utf8');
const plain = page
	.replaceAll('\\-', '-')
	.replace(/\\\[u(\w{4})\]/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

test('the manual page has every command, option, exit code and variable', () => {
	for (const { name, meaning } of VARIABLES) {
		expect(plain).toMatch(new RegExp(`^\\.B ${name}(?:, ${name}_FILE)?$`, 'm'));
		expect(plain).toContain(meaning);
	}
	for (const command of ['run --', 'check', 'list', 'watch', 'status', 'pause', 'resume', 'health'])
		expect(plain).toContain(`etcd-registrar ${command}`);
	expect(plain).toContain('Exit codes: 0 stopped as asked');
	expect(JSON.parse(readFileSync('package.json', 'utf8'))).toMatchObject({ man: `./${FILE}` });
});

test('man finds nothing wrong with it', (context) => {
	const { error, stderr } = spawnSync('groff', ['-man', '-ww', '-z', '-Tutf8', FILE], { encoding: 'utf8' });
	needs(context, error === undefined ? null : `groff could not be run: ${error.message}`);
	expect(stderr).toBe('');
});
