import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PLANTED } from './planted/faults.js';

test.each(PLANTED)('the place of a planted fault is still there once: $why', ({ edits }) => {
	for (const { file, find, replace } of edits) {
		const text = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
		expect([file, text.split(find).length - 1]).toEqual([file, 1]);
		expect(replace).not.toBe(find);
	}
});

// All of them take minutes: `make simulate-planted`.
test.each([
	'a retry timer is not cleared by a pass',
	'the interval stays the TTL that was asked for',
	'what is too large is not halved',
])('a planted fault is found: %s', async (why) => {
	const program = fileURLToPath(new URL('planted/main.mjs', import.meta.url));
	const text = await new Promise<string>((resolve, reject) => {
		execFile(process.execPath, [program], { env: { ...process.env, ONLY: why } }, (error, stdout) =>
			error === null ? resolve(stdout) : reject(new Error(stdout)),
		);
	});
	expect(text).toContain('1 of 1 planted faults found');
});
