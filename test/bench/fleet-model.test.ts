import { expect, test } from 'vitest';
import {
	comeBack,
	inStep,
	jitterOnly,
	requestsPerSecond,
	spread,
	spreadEnds,
	ticks,
} from '../../bench/fleet-model.js';

const fleet = { instances: 20_000, intervalMs: 5_000 };
const back = (retrying: typeof inStep) => comeBack(fleet, retrying, 30_000, 100, Math.random);
const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);

test('everybody comes back, none later than the longest wait', () => {
	expect(back(inStep)).toEqual([fleet.instances]);
	for (const [retrying, capMs] of [
		[jitterOnly(fleet), 1_000],
		[spread(fleet), 5_000],
	] as const) {
		const slots = back(retrying);
		expect(sum(slots)).toBe(fleet.instances);
		expect(slots.length * 100).toBeLessThanOrEqual(capMs);
	}
});

test('a cap that grows with the fleet flattens the return: its worst 100 ms are a fraction of those of jitter alone', () => {
	// Waits are even in [0, cap], so that the rate right after the return is twice the mean over the cap: 5
	// times lower for 5 s than for 1 s.
	expect(Math.max(...back(spread(fleet))) / Math.max(...back(jitterOnly(fleet)))).toBeLessThan(0.3);
});

test('phases spread a fleet that was started by one event evenly over the interval', () => {
	const slots = ticks(fleet, 100);
	expect(sum(slots)).toBe(fleet.instances);
	expect(slots).toHaveLength(50);
	// 400 in the mean; five standard deviations of a random spread are 100.
	expect(Math.max(...slots)).toBeLessThan(500);
	expect(Math.min(...slots)).toBeGreaterThan(300);
});

test.each([
	['2 s', 2_000, 128],
	['5 s', 5_000, 1_024],
	['10 s', 10_000, 32_768],
])('with a TTL of %s the wait reaches the interval', (_name, intervalMs, keys) => {
	expect(spreadEnds(intervalMs)).toBe(keys);
});

test.each([
	['one key: a read and three keepalives each TTL', 1_000, 5, 1, 800],
	['a hundred keys in one process cost the same', 1_000, 5, 100, 800],
	['the hundred and first is a second read', 1_000, 5, 101, 1_000],
])('requestsPerSecond: %s', (_name, instances, ttlSeconds, keys, expected) => {
	expect(requestsPerSecond(instances, ttlSeconds, keys)).toBe(expected);
});
