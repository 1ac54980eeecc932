import { describe, expect, test } from 'vitest';
import { expectRest, rightForGood, startStage } from '../support/stage.js';
import { STAGE_FAULTS } from '../support/stage-faults.js';
import { TTL_SECONDS } from './measure.js';

const MINUTES = 2.2;
/** It began, still is after the first minute, is over, and the key was put right; one to spare. */
const LINES = 5;

describe.concurrent('an outage of minutes is told in a few lines', () => {
	test.for(STAGE_FAULTS.filter(({ name }) => /black hole|refused|etcd hangs|with its data/.test(name)))(
		'$name',
		async ({ name, commit }, context) => {
			const stage = await startStage(context, { ttlSeconds: TTL_SECONDS });
			const before = stage.registrar.logs().length;
			const endedMs = await commit(stage, MINUTES * 60_000);
			const backMs = await rightForGood(stage, endedMs);
			await expectRest(stage);
			const told = stage.registrar.logs().slice(before);
			expect(told.length).toBeLessThanOrEqual(LINES);
			expect(told[0]?.message).toBe('etcd does not let us reconcile: trying for ever');
			// How long and how often, instead of a line for each try.
			expect(told.find(({ message }) => message === 'etcd answers again')).toMatchObject({
				downMs: expect.any(Number),
				attempts: expect.any(Number),
			});
			const bound = { words: `at most ${LINES} lines` };
			context.task.meta.faultRow = { name: `${name}, for ${MINUTES} minutes`, runs: 1, backMs: [backMs], missing: 1, bound, cpuPercent: null };
		},
	);
});
