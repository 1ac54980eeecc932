/** Links, targets and the shape of README and docs/. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { anchorsOf, PAGES, page, prose } from './markdown.js';

test('every make target that is named exists', () => {
	const help = execFileSync('make', ['help'], { encoding: 'utf8' });
	const targets = new Set(
		PAGES.flatMap(({ text }) => [...text.matchAll(/(?:^|`)make ([a-z][a-z-]+)/gm)].map(([, name]) => name)),
	);
	for (const target of targets)
		if (target !== 'help') expect(help).toMatch(new RegExp(`^ +make ${target} `, 'm'));
});

test.each(PAGES)('$path: no relative link and no anchor leads nowhere', (from) => {
	for (const [, link = ''] of prose(from).matchAll(/\]\(([^)\s]+)\)/g)) {
		if (/^[a-z]+:/.test(link)) continue;
		const [path = '', anchor] = link.split('#');
		const target = path === '' ? from.path : posix.join(posix.dirname(from.path), path);
		expect(existsSync(target), link).toBe(true);
		if (anchor !== undefined) expect(anchorsOf(page(target)), link).toContain(anchor);
	}
});

test('the README is short, and its first screen has the two commands', () => {
	const lines = page('README.md').text.split('\n');
	expect(lines.length).toBeLessThanOrEqual(150);
	expect(lines.filter((line) => line.length > 200)).toEqual([]);
	const screen = lines.slice(0, 24).join('\n');
	for (const command of ['make run', 'make test', 'npm install']) expect(screen).toContain(command);
});

test.each(PAGES)('$path: uses the terms of the field', ({ text }) => {
	expect(text).not.toMatch(/\b(first|second) design\b|\brivals?\b|\bstrands?\b|\bleavers?\b|\bverdicts?\b/i);
});
