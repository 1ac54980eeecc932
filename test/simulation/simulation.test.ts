import { describe, expect, test } from 'vitest';
import { describe as inWords } from './report.js';
import { simulate } from './run.js';

/** Seeds that each showed a fault once, and some at random. */
const KNOWN: readonly number[] = [];
const FIRST_FIXED = 1;
const FIXED_MS = 12_000;
const FRESH_MS = 12_000;

/** A failing seed as a report that replays; `null` = nothing was broken. */
async function problem(seed: number): Promise<string | null> {
	const result = await simulate(seed);
	return result.violation === null ? null : inWords(result);
}

async function seedsFor(ms: number, first: number): Promise<number> {
	const endMs = performance.now() + ms;
	let seed = first;
	do {
		expect(await problem(seed)).toBeNull();
		seed += 1;
	} while (performance.now() < endMs);
	return seed - first;
}

describe('simulated registrars keep every promise', () => {
	test.skipIf(KNOWN.length === 0)('in the seeds that showed a fault once', async () => {
		for (const seed of KNOWN) expect(await problem(seed)).toBeNull();
	});

	test('in the same seeds each time', async () => {
		const count = await seedsFor(FIXED_MS, FIRST_FIXED);
		expect(count).toBeGreaterThan(0);
	});

	test('in fresh seeds', async () => {
		const first = Math.floor(Math.random() * 1e9);
		const count = await seedsFor(FRESH_MS, first);
		process.stderr.write(`simulated seeds ${first} to ${first + count - 1}\n`);
	});
});

test('the same seed is the same run, to the last line', async () => {
	for (let seed = 500; seed < 550; seed += 1) {
		const [once, again] = [await simulate(seed), await simulate(seed)];
		expect([seed, again.hash, again.events]).toEqual([seed, once.hash, once.events]);
	}
});
