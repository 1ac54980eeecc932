import { expect, test } from 'vitest';
import { remember, type Seen, spreadMs, tooFew, WINDOW_MS } from '../../../src/core/decision/min-healthy.js';
import type { MinHealthy } from '../../../src/core/settings/values/service-values.js';

const instances = (value: number): MinHealthy => ({ value, unit: 'instances' });
const percent = (value: number): MinHealthy => ({ value, unit: 'percent' });
const seen = (...counts: readonly number[]): Seen[] => counts.map((count, atMs) => ({ atMs, count }));

test.each<readonly [sentence: string, min: MinHealthy, others: number, seen: Seen[], needed: number | null]>([
	['one of three may go', instances(1), 2, seen(3), null],
	['the last one stays', instances(1), 0, seen(3), 1],
	['the last but one may go where one is enough', instances(1), 1, seen(3), null],
	['a service that never had so many stays', instances(5), 3, seen(4), 5],
	['half of ten: the fifth may go', percent(50), 5, seen(10), null],
	['half of ten: the sixth stays', percent(50), 4, seen(10), 5],
	['a share is rounded up', percent(50), 1, seen(3), 2],
	['of the most that were seen, not of those that are left', percent(50), 3, seen(10, 8, 4), 5],
	['of those that are there, where more came', percent(50), 10, seen(4), null],
	['nothing seen yet', percent(50), 0, [], null],
	['all of them: nobody may go', percent(100), 2, seen(3), 3],
	['hardly any: the last one stays', percent(1), 0, seen(3), 1],
])('%s', (_sentence, min, others, before, needed) => {
	expect(tooFew(min, { others, seen: before })).toEqual(needed === null ? null : { others, needed });
});

test('observations of the same minute are kept as the highest, and old ones are forgotten', () => {
	let all: readonly Seen[] = [];
	for (const [atMs, count] of [
		[0, 3],
		[1_000, 5],
		[59_999, 4],
		[60_000, 2],
	] as const)
		all = remember(all, count, atMs);
	expect(all).toEqual([
		{ atMs: 0, count: 5 },
		{ atMs: 60_000, count: 2 },
	]);
	expect(remember(all, 1, WINDOW_MS + 1).map(({ count }) => count)).toEqual([2, 1]);
	for (let atMs = 0; atMs < 10 * WINDOW_MS; atMs += 5_000) all = remember(all, 1, atMs);
	expect(all.length).toBeLessThanOrEqual(11);
});

test('the spread grows with the service, within bounds', () => {
	expect([1, 3, 4, 10, 20, 10_000].map(spreadMs)).toEqual([2_000, 2_000, 2_000, 5_000, 10_000, 10_000]);
});
