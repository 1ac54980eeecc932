import { expect, onTestFinished, test } from 'vitest';
import { healing } from '../support/stage/healing.js';

const PROGRAM = new URL('./programs/heals.ts', import.meta.url);

test('a thousand heals leave one lease, and no more timers, sockets, listeners and memory than the first hundred', {
	timeout: 180_000,
}, async () => {
	const { first, last, repaired, value, leases } = await healing(PROGRAM, [100, 1_000], onTestFinished);
	// Each of them was needed.
	expect(repaired).toBe(1_000);
	expect(value).toBe('10.0.0.5:8080');
	expect(leases).toBe(1);
	expect({ heals: last.heals, listeners: last.listeners, warnings: last.warnings }).toEqual({
		heals: 1_000,
		listeners: first.listeners,
		warnings: 0,
	});
	// The schedule arms a timer more or less; a leak would leave hundreds.
	expect(last.resources).toBeLessThanOrEqual(first.resources + 2);
	expect(last.heap).toBeLessThan(first.heap * 1.05);
});
