import { describe, expect, test } from 'vitest';
import { Picker } from '../../src/discovery/pick.js';
import { anInstance } from './instance.js';

function picks(weights: readonly number[], count: number, random = 0): number[] {
	const picker = new Picker(() => random);
	const instances = weights.map((weight, at) => anInstance(String(at), { weight }));
	picker.follow(instances);
	return Array.from({ length: count }, () => Number(picker.pick()?.key));
}
const shares = (drawn: readonly number[], of: number): number[] =>
	Array.from({ length: of }, (_, at) => drawn.filter((each) => each === at).length);

describe('pick', () => {
	test('none of none', () => {
		expect(new Picker(() => 0).pick()).toBeNull();
	});

	test.each([
		['equal', [100, 100, 100]],
		['one heavy', [7, 1, 1]],
		['ten to one', [100, 10]],
		['far apart', [1_000_000, 1_000, 500]],
		['one alone', [3]],
	])('in proportion to the weights: %s', (_name, weights) => {
		const total = weights.reduce((sum, weight) => sum + weight);
		const count = 200_000;
		shares(picks(weights, count), weights.length).forEach((share, at) => {
			const expected = (count * (weights[at] ?? 0)) / total;
			expect(Math.abs(share - expected)).toBeLessThan(Math.max(20, expected * 0.02));
		});
	});

	test('equal ones take turns', () => {
		const drawn = picks([5, 5, 5], 30);
		for (let at = 0; at < 27; at += 1) expect(new Set(drawn.slice(at, at + 3)).size).toBe(3);
	});

	test('a heavy one is spread over the turns: never many more in a row than its weight asks for', () => {
		const drawn = picks([5, 1, 1, 1, 1, 1], 1_000)
			.map((each) => (each === 0 ? 'h' : 'l'))
			.join('');
		expect(Math.max(...(drawn.match(/h+/g) ?? []).map((row) => row.length))).toBeLessThanOrEqual(3);
	});

	test('a light one is not kept waiting much longer than its weight asks for', () => {
		const drawn = picks([9, 1], 1_000);
		const gaps = drawn
			.flatMap((each, at) => (each === 1 ? [at] : []))
			.map((at, n, all) => at - (all[n - 1] ?? 0));
		expect(Math.max(...gaps)).toBeLessThanOrEqual(20);
	});

	test('weight 0 draws nothing, except where all have it', () => {
		expect(shares(picks([1, 0], 10), 2)).toEqual([10, 0]);
		expect(shares(picks([0, 0], 10), 2)).toEqual([5, 5]);
	});

	test('where it begins depends on chance, so that clients that start together spread', () => {
		const first = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map(
			(random) => picks([1, 1, 1, 1], 1, random)[0],
		);
		expect(new Set(first).size).toBeGreaterThan(1);
	});

	test('following others goes on in turn', () => {
		const picker = new Picker(() => 0);
		picker.follow([anInstance('a'), anInstance('b')]);
		picker.pick();
		picker.follow([]);
		expect(picker.pick()).toBeNull();
		picker.follow([anInstance('c')]);
		expect(picker.pick()?.key).toBe('c');
	});
});
