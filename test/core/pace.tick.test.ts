import { expect, test } from 'vitest';
import { untilNextTick } from '../../src/core/pace.js';

test.each([
	['a tick on time is followed by a whole interval', 0, 5000],
	['one 2 ms late by that much less', 2, 4998],
	['one 2 ms early by that much more', -2, 5002],
	['half a second late: back to the place at once', 500, 4500],
	['half an interval late: half an interval', 2500, 2500],
	['later than that: the way back is made in two steps', 4000, 3000],
	[
		'so late that the next place is right ahead: that one is left out, and no gap is longer than the interval',
		4990,
		5010,
	],
	['late by many intervals: as if by what is over', 15_500, 4500],
	['long before the anchor: the places before it count too', -12_000, 3500],
])('%s', (_name, lateMs, expected) => {
	expect(untilNextTick(100_000 + lateMs, 100_000, 5000)).toBe(expected);
});

test('wherever a tick falls, the next is half an interval to an interval away, and the second after it is in its place', () => {
	for (const intervalMs of [1000, 2000, 7000, 86_400_000]) {
		for (let i = 0; i < 1000; i++) {
			const nowMs = (i * intervalMs) / 333;
			const first = untilNextTick(nowMs, 0, intervalMs);
			const second = untilNextTick(nowMs + first, 0, intervalMs);
			for (const gap of [first, second]) {
				expect(gap).toBeGreaterThanOrEqual(intervalMs / 2 - 1e-6);
				expect(gap).toBeLessThanOrEqual(intervalMs + 50);
			}
			const off = (nowMs + first + second) % intervalMs;
			expect(Math.min(off, intervalMs - off)).toBeLessThan(1);
		}
	}
});
