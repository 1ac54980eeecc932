import { beforeAll, expect, test } from 'vitest';
import { bundled } from './bundled.mjs';
import type { describe as Describe } from './report.js';
import type { simulate as Simulate } from './run.js';

/**
 * Seeds that each showed a fault once: small ones of every kind, slow links, refusals, sizes, other holders,
 * stops.
 */
const KNOWN = [14, 23, 40, 42, 49, 58, 70, 98, 125, 187, 196, 237, 1080, 1280, 1428, 30239, 31058, 40414];
const FIXED_MS = 9_000;
const FRESH_MS = 9_000;

let simulate: typeof Simulate;
let inWords: typeof Describe;

// Compiled in one piece: half as many seeds again in the same time.
beforeAll(async () => {
	({ simulate, describe: inWords } = await import(await bundled('seeds')));
});

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

test('simulated registrars keep every promise in the seeds that showed a fault once', async () => {
	for (const seed of KNOWN) expect(await problem(seed)).toBeNull();
});

test('simulated registrars keep every promise in the same seeds each time', async () => {
	expect(await seedsFor(FIXED_MS, 1)).toBeGreaterThan(0);
});

test('simulated registrars keep every promise in fresh seeds', async () => {
	const first = Math.floor(Math.random() * 1e9);
	const count = await seedsFor(FRESH_MS, first);
	process.stderr.write(`simulated seeds ${first} to ${first + count - 1}\n`);
});

test('the same seed is the same run, to the last line', async () => {
	for (let seed = 500; seed < 550; seed += 1) {
		const [once, again] = [await simulate(seed), await simulate(seed)];
		expect([seed, again.hash, again.events]).toEqual([seed, once.hash, once.events]);
	}
});
