import { expect, test } from 'vitest';
import { alternate, compare, met } from '../../bench/row.js';
import { median, pairedRatio } from '../../bench/statistics.js';

test.each([
	['the middle of an odd number', [9, 1, 5], 5],
	['between the two middle ones of an even number', [1, 2, 4, 100], 3],
	['one hiccup does not move it', [5, 5, 5, 5, 900], 5],
	['the only one', [7], 7],
	['none of none', [], Number.NaN],
])('median: %s', (_name, values, expected) => {
	expect(median(values)).toBe(expected);
});

test.each([
	['each is held against its own round', [10, 200], [20, 400], 0.5],
	['a round in which one gave nothing does not count', [10, Number.NaN, 30], [20, 1, 60], 0.5],
	['without a common round there is none', [Number.NaN], [1], Number.NaN],
])('pairedRatio: %s', (_name, values, baseline, expected) => {
	expect(pairedRatio(values, baseline)).toBe(expected);
});

test('a target is held against the ratio where there is one, else against the median', () => {
	const samples = new Map([
		['new', [1, 1]],
		['old', [2, 2]],
	]);
	const results = (baseline: string | null, target: number) =>
		compare(samples, { measure: 'time', unit: 's', baseline, targets: { new: target } }).map((line) =>
			met(line),
		);
	expect(results('old', 0.5)).toEqual([true, null]);
	expect(results('old', 0.4)).toEqual([false, null]);
	expect(results(null, 1)).toEqual([true, null]);
});

test('a contestant without any result misses its target', () => {
	const [line] = compare(new Map([['new', [Number.NaN]]]), {
		measure: 'time',
		unit: 's',
		baseline: null,
		targets: { new: 1 },
	});
	expect(line && met(line)).toBe(false);
});

test('nobody always comes after the same one', async () => {
	const order: string[] = [];
	await alternate([{ name: 'a' }, { name: 'b' }], 3, async ({ name }) => order.push(name));
	expect(order.join('')).toBe('abbaab');
});
