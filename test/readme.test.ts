/** The README's tables against the code, and its examples run. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metricsText } from '../src/adapters/http/metrics.js';
import { EXIT } from '../src/commands/context.js';
import { FORMAT_NAMES } from '../src/core/formats/index.js';
import { META_PREFIX, VARIABLES } from '../src/core/settings/index.js';
import { aStatus } from './support/process/status.js';

const readme = readFileSync('README.md', 'utf8');

/** The rows of the table whose head begins with this cell, each as its cells. */
function table(head: string): string[][] {
	const lines = readme.split('\n');
	const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
	expect(start, `a table that begins with ${head}`).toBeGreaterThanOrEqual(0);
	const rows = lines.slice(start + 2);
	return rows
		.slice(
			0,
			rows.findIndex((line) => !line.startsWith('|')),
		)
		.map((row) =>
			row
				.split(/(?<!\\)\|/)
				.map((cell) => cell.trim())
				.slice(1, -1),
		);
}

const bare = (cell = '') => cell.replaceAll('`', '');

test('the configuration table holds every variable with its default, and no other', () => {
	const told = table('variable').map(([name, fallback]) => [bare(name), bare(fallback)]);
	const known = VARIABLES.map(({ name, default: fallback, defaultMeaning }) => [
		name,
		bare(defaultMeaning ?? fallback ?? ''),
	]);
	expect(told.toSorted()).toEqual([...known, [`${META_PREFIX}<KEY>`, '']].toSorted());
});

test('the table of metrics holds every metric with its labels, and no other', () => {
	const text = metricsText(aStatus({}), 0);
	const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);
	expect(
		table('metric')
			.map(([name, type]) => [bare(name).replace(/\{.*/, ''), type])
			.toSorted(),
	).toEqual(types.toSorted());
	for (const [cell = '', , meaning = ''] of table('metric')) {
		const [, name, label] = /^(\w+)(?:\{(\w+)\})?$/.exec(bare(cell)) ?? [];
		if (label === undefined || label === 'key') continue;
		for (const [, value = ''] of text.matchAll(new RegExp(`^${name}\\{${label}="([^"]+)"`, 'gm')))
			expect(meaning).toContain(`\`${value}\``);
	}
});

test('the table of exit codes holds every code that the command has of its own', () => {
	const told = table('exit code')
		.map(([code]) => Number(code))
		.filter((code) => !Number.isNaN(code));
	const { ok, usage, unavailable, fault, conflict, config } = EXIT;
	expect(told).toEqual([ok, usage, unavailable, fault, conflict, config]);
});

test('the table of formats holds every format', () => {
	expect(table('format').map(([name]) => bare(name))).toEqual([...FORMAT_NAMES]);
});

test('every make target that the README names exists', () => {
	const help = execFileSync('make', ['help'], { encoding: 'utf8' });
	const named = new Set([...readme.matchAll(/(?:^|`)make ([a-z][a-z-]+)/gm)].map(([, target]) => target));
	for (const target of named)
		if (target !== 'help') expect(help).toMatch(new RegExp(`^ +make ${target} `, 'm'));
});

test('no relative link leads nowhere', () => {
	const links = [...readme.matchAll(/\]\(([\w./-]+)\)/g)].map(([, path]) => path ?? '');
	for (const path of links) expect(existsSync(path), path).toBe(true);
});
