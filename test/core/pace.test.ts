import { expect, test } from 'vitest';
import { countEvery, fullJitter, hintSpread, phase, retryCap, scale } from '../../src/core/pace.js';

const ALMOST_ONE = 1 - Number.EPSILON;

test.each([
	['the first retry waits less than 100 ms', 0, 5000, 100],
	['the second may wait twice as long', 1, 5000, 200],
	['each doubles the one before', 5, 5000, 3200],
	['none waits longer than the cap', 6, 5000, 5000],
	['a cap below 100 ms holds from the first', 0, 40, 40],
	['the thousandth waits no longer than the cap', 1000, 5000, 5000],
	['an attempt beyond what doubling can hold waits no longer than the cap', 100_000, 5000, 5000],
])('%s', (_name, attempt, capMs, limitMs) => {
	expect(fullJitter(attempt, capMs, () => 0)).toBe(0);
	expect(fullJitter(attempt, capMs, () => 0.5)).toBe(limitMs / 2);
	expect(fullJitter(attempt, capMs, () => ALMOST_ONE)).toBeLessThan(limitMs);
});

test.each([
	['an empty fleet is small', 0, 1],
	['one key is small', 1, 1],
	['128 keys are still small', 128, 1],
	['the 129th begins the next step', 129, 2],
	['256 keys are within it', 256, 2],
	['257 begin the third', 257, 3],
	['8192 keys, six doublings', 8192, 7],
	['100,000 keys, ten doublings begun', 100_000, 11],
])('scale: %s', (_name, n, expected) => {
	expect(scale(n)).toBe(expected);
});

test.each([
	['a small fleet retries at least once a second', 5000, 10, 1000],
	['a large one is given longer', 5000, 257, 3000],
	['never longer than the interval', 5000, 100_000, 5000],
	['nor with an interval of one second', 1000, 8192, 1000],
])('retryCap: %s', (_name, intervalMs, n, expected) => {
	expect(retryCap(intervalMs, n)).toBe(expected);
});

test.each([
	['a small fleet does not wait', 128, 0],
	['129 keys spread over 100 ms', 129, 100],
	['100,000 keys spread over a second', 100_000, 1000],
])('hintSpread: %s', (_name, n, limitMs) => {
	expect(hintSpread(n, () => 0)).toBe(0);
	expect(hintSpread(n, () => 0.5)).toBe(limitMs / 2);
});

test.each([
	['a small fleet is counted every ten minutes', 1, 600_000],
	['so are 6000 keys', 6000, 600_000],
	['beyond, 0.1 s for each key', 100_000, 10_000_000],
])('countEvery: %s', (_name, n, expected) => {
	expect(countEvery(n)).toBe(expected);
});

test('phase: the same identity always ticks at the same place', () => {
	expect(phase('orders 10.0.0.7:8080', 5000)).toBe(phase('orders 10.0.0.7:8080', 5000));
	expect(phase('orders 10.0.0.7:8080', 5000)).not.toBe(phase('orders 10.0.0.8:8080', 5000));
});

test.each([1, 1000, 5000, 86_400_000])('phase: within 1..%i, whole', (intervalMs) => {
	for (let i = 0; i < 20_000; i++) {
		const at = phase(`name ${i}`, intervalMs);
		if (!Number.isInteger(at) || at < 1 || at > intervalMs) expect.fail(`phase of name ${i} is ${at}`);
	}
	expect(phase('', intervalMs)).toBeGreaterThan(0);
});

test.each([
	['neighbouring addresses', (i: number) => `orders 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:8080`],
	['neighbouring ports', (i: number) => `orders 10.0.0.1:${i}`],
	['numbered hosts', (i: number) => `orders-${i}`],
	['names beyond ASCII', (i: number) => `заказы-${i}`],
])('phase: 100,000 %s are spread evenly over 100 slots (chi-square)', (_name, identity) => {
	const slots = new Array<number>(100).fill(0);
	for (let i = 0; i < 100_000; i++) {
		const slot = Math.floor((phase(identity(i), 5000) - 1) / 50);
		slots[slot] = (slots[slot] ?? 0) + 1;
	}
	const chiSquare = slots.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
	// 99 degrees of freedom: an even spread stays below 149 in 999 of 1000 cases (table of the chi-square
	// distribution).
	expect(chiSquare).toBeLessThan(149);
});
