import { expect, test } from 'vitest';
import { distance, meant } from '../../src/core/distance.js';

test.each([
	['json', 'json', 0],
	['json', 'jsno', 1],
	['json', 'jso', 1],
	['json', 'jsonl', 1],
	['json', 'jsan', 1],
	['', 'json', 4],
])('%s and %s are %i apart', (one, other, apart) => {
	expect(distance(one, other)).toBe(apart);
	expect(distance(other, one)).toBe(apart);
});

test.each([
	['helth', 'health'],
	['jsno', 'json'],
	['evn', 'env'],
	['frobnicate', undefined],
	['xyz', undefined],
])('%s means %s', (name, known) => {
	expect(meant(name, ['env', 'health', 'json', 'watch'])).toBe(known);
});
