import { describe, expect, test } from 'vitest';
import { healing } from '../support/stage/healing.js';
import { expectRest, rightForGood, startStage } from '../support/stage/stage.js';
import { STAGE_FAULTS } from '../support/stage/stage-faults.js';
import { TTL_SECONDS } from './measure.js';

const MINUTES = 2.2;
/** It began, still is after the first minute, is over, and the key was put right; one to spare. */
const LINES = 5;
const HEALS = 10_000;
const HEALING = new URL('../registrar/programs/heals.ts', import.meta.url);
const outages = STAGE_FAULTS.filter(({ name }) => /black hole|refused|etcd hangs|with its data/.test(name));

// What takes minutes by its nature, beside each other.
describe.concurrent('an outage of minutes is told in a few lines', () => {
	test.for(outages)('$name', async ({ name, commit }, context) => {
		const stage = await startStage(context, { ttlSeconds: TTL_SECONDS });
		const before = stage.registrar.logs().length;
		const endedMs = await commit(stage, MINUTES * 60_000);
		const backMs = await rightForGood(stage, endedMs);
		await expectRest(stage);
		const told = stage.registrar.logs().slice(before);
		const bound = { words: `at most ${LINES} lines` };
		const title = `${name}, for ${MINUTES} minutes: told in ${told.length} lines`;
		context.task.meta.faultRow = {
			name: title,
			runs: 1,
			backMs: [backMs],
			missing: null,
			bound,
			cpuPercent: null,
		};
		expect(told.length).toBeLessThanOrEqual(LINES);
		expect(told[0]?.message).toBe('a pass failed: trying again until one succeeds');
		// How long and how often, instead of a line for each try.
		expect(told.find(({ message }) => message === 'etcd answers again')).toMatchObject({
			downMs: expect.any(Number),
			attempts: expect.any(Number),
		});
	});
});

describe.concurrent('ten thousand heals', () => {
	test('leave one lease, and no more handles and memory than the first hundred', async (context) => {
		const { first, last, repaired, leases } = await healing(HEALING, [100, HEALS], context.onTestFinished);
		expect(repaired).toBe(HEALS);
		expect(leases).toBe(1);
		expect({ listeners: last.listeners, warnings: last.warnings }).toEqual({
			listeners: first.listeners,
			warnings: 0,
		});
		// The schedule arms a timer more or less; a leak would leave thousands.
		expect(last.resources).toBeLessThanOrEqual(first.resources + 2);
		const percent = ((last.heap - first.heap) / first.heap) * 100;
		const name = `10,000 forced heals: heap ${percent.toFixed(1)} %, handles ${first.resources} and then ${last.resources}`;
		const bound = { words: 'heap +5 %, one lease' };
		context.task.meta.faultRow = { name, runs: 1, backMs: null, missing: null, bound, cpuPercent: null };
		expect(percent).toBeLessThan(5);
	});
});
