import { expect, test } from 'vitest';
import { healing } from '../support/healing.js';

const PROGRAM = new URL('../registrar/programs/heals.ts', import.meta.url);
const HEALS = 10_000;

test('ten thousand heals leave one lease, and no more handles and memory than the first hundred', async (context) => {
	const { first, last, repaired, leases } = await healing(PROGRAM, [100, HEALS], context.onTestFinished);
	expect(repaired).toBe(HEALS);
	expect(leases).toBe(1);
	expect({ listeners: last.listeners, warnings: last.warnings }).toEqual({ listeners: first.listeners, warnings: 0 });
	// The beat arms a timer more or less; a leak would leave thousands.
	expect(last.resources).toBeLessThanOrEqual(first.resources + 2);
	const percent = ((last.heap - first.heap) / first.heap) * 100;
	const name = `10,000 forced heals: heap ${percent.toFixed(1)} %, handles ${first.resources} and then ${last.resources}`;
	const bound = { words: 'heap +5 %, one lease' };
	context.task.meta.faultRow = { name, runs: 1, backMs: null, missing: null, bound, cpuPercent: null };
	expect(percent).toBeLessThan(5);
});
