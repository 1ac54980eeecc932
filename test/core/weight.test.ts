import { describe, expect, it } from 'vitest';
import { followLoad, type Load, startWeight, type WeightState } from '../../src/core/weight.js';

/** The state after measuring every `everyMs`, and when it changed. */
function run(
	loads: readonly Load[],
	everyMs: number,
): { readonly state: WeightState; readonly changes: readonly number[] } {
	let state = startWeight(0);
	const changes: number[] = [];
	for (const [index, load] of loads.entries()) {
		const nowMs = index * everyMs;
		const next = followLoad(state, load, nowMs);
		if (next.percent !== state.percent) changes.push(nowMs);
		state = next;
	}
	return { state, changes };
}

/** A generator of numbers that is the same in every run (mulberry32). */
function randoms(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

const times = (count: number, load: (index: number) => Load): Load[] =>
	Array.from({ length: count }, (_, index) => load(index));
const cpu = (part: number): Load => ({ cpu: part, memory: 0.3 });

describe('where a steady load leads', () => {
	const rows: [string, Load, number][] = [
		['an idle machine draws in full', cpu(0), 100],
		['a little load changes nothing', cpu(0.05), 100],
		['half of the cores, half of the weight', cpu(0.5), 50],
		['a busy machine still draws a tenth', cpu(1), 10],
		['load beyond all measure is full load', cpu(7), 10],
		['memory that is mostly in use is what it is for', { cpu: 0, memory: 0.8 }, 100],
		['the last of the memory counts', { cpu: 0, memory: 0.9 }, 50],
		['memory that is gone', { cpu: 0.2, memory: 1 }, 10],
		['what is no number changes nothing', cpu(Number.NaN), 100],
	];
	it.each(rows)('%s', (_sentence, load, percent) =>
		expect(
			run(
				times(200, () => load),
				5000,
			).state.percent,
		).toBe(percent),
	);
});

it('the first measurement may be published at once', () => {
	expect(run([cpu(0.7)], 1).state.percent).toBe(30);
});

it('a load that goes away gives the weight back', () => {
	const loads = times(400, (index) => cpu(index < 100 ? 0.9 : 0));
	const { state } = run(loads, 5000);
	expect(state.percent).toBeGreaterThanOrEqual(91);
});

describe('however noisy the machine, no minute sees more than two changes', () => {
	const noises: [string, (seed: number) => (index: number) => Load][] = [
		[
			'random load',
			(seed) =>
				(
					(random) => () =>
						cpu(random())
				)(randoms(seed)),
		],
		['load that jumps between all and nothing', () => (index) => cpu(index % 2)],
		['minutes of all and nothing', () => (index) => cpu(Math.floor(index / 60) % 2)],
		['swings as long as the smoothing', () => (index) => cpu(0.5 + 0.5 * Math.sin(index / 15))],
	];
	it.each(noises)('%s', (_sentence, noise) => {
		for (const everyMs of [100, 1000, 5000]) {
			for (const seed of [1, 2, 3]) {
				const { changes } = run(times(7200, noise(seed)), everyMs);
				for (const [index, atMs] of changes.entries()) {
					const within = changes.slice(index).filter((other) => other - atMs <= 60_000);
					expect(within.length).toBeLessThanOrEqual(2);
				}
			}
		}
	});
});

it('a state is never changed, only followed by another', () => {
	const state = Object.freeze(startWeight(0));
	expect(followLoad(state, cpu(1), 1000)).not.toBe(state);
	expect(state).toEqual(startWeight(0));
});
