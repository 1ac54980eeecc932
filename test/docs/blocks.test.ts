/**
 * The code blocks of README and docs/ that need no build: JSON parses, and the command accepts its command
 * lines.
 */
import { describe, expect, test } from 'vitest';
import { parseCall } from '../../src/commands/arguments.js';
import { parseConfig } from '../../src/core/settings/from-environment.js';
import { commandLinesIn } from './blocks.js';
import { blocksOf, PAGES } from './markdown.js';

/** What files of certificates and keys have to look like. */
const PEM = '-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n';
const blocks = PAGES.flatMap(blocksOf);
const written = (...languages: readonly string[]) =>
	blocks.filter(({ language }) => languages.includes(language));

test('command lines are found in their blocks', () => {
	const block = `export ETCD_ENDPOINTS='http://a:1;http://b:1' SERVICE_NAME=user   # two
npm install etcd-registrar
SERVICE_ADDR=:8080 \\
	npx etcd-registrar run -- ./server   # serves
etcd-registrar list && etcd-registrar watch 'a # b'
`;
	const exported = { ETCD_ENDPOINTS: 'http://a:1;http://b:1', SERVICE_NAME: 'user' };
	expect(commandLinesIn(block)).toEqual([
		{ env: { ...exported, SERVICE_ADDR: ':8080' }, args: ['run', '--', './server'] },
		{ env: exported, args: ['list'] },
		{ env: exported, args: ['watch', 'a # b'] },
	]);
});

describe('JSON', () => {
	const documents = [
		...written('json').map(({ place, code }) => ({ place, documents: [code] })),
		...written('jsonl').map(({ place, code }) => ({ place, documents: code.trim().split('\n') })),
	];
	test.each(documents)('$place', ({ documents }) => {
		for (const document of documents) expect(() => JSON.parse(document)).not.toThrow();
	});
});

describe('shell', () => {
	const lines = written('sh', 'bash', 'console').flatMap(({ place, code }) =>
		commandLinesIn(code).map((line) => ({ place, ...line, text: line.args.join(' ') })),
	);

	test('there are some', () => expect(lines.length).toBeGreaterThan(6));

	test.each(lines)('$place: etcd-registrar $text', ({ env, args }) => {
		const { command } = parseCall(args);
		// The others read a part of the environment only.
		if (!['run', 'exec', 'check'].includes(command)) return;
		const settings = { SERVICE_NAME: 'user', SERVICE_ADDR: '10.0.0.5:8080', ...env };
		expect(parseConfig(settings, { readFile: () => PEM }).warnings).toEqual([]);
	});
});

test('every language is one that a reader knows', () => {
	const known = [
		'',
		'ts',
		'js',
		'json',
		'jsonl',
		'sh',
		'go',
		'yaml',
		'mermaid',
		'ini',
		'dockerfile',
		'promql',
		'text',
	];
	for (const { language, place } of blocks) expect(known, place).toContain(language);
});
