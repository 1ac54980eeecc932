import { describe, expect, test } from 'vitest';
import { expectRest, rightForGood, startStage } from '../support/stage/stage.js';
import { STAGE_FAULTS } from '../support/stage/stage-faults.js';

/** Longer than the lease lives, and not a multiple of the interval. */
const TTLS = 2.2;

describe.concurrent('the key comes back and stays, soon after the fault ends', () => {
	test.for(STAGE_FAULTS)('$name', async ({ commit }, context) => {
		const stage = await startStage(context, { ttlSeconds: 2 });
		const endedMs = await commit(stage, TTLS * stage.ttlMs);
		// Half-open connections are noticed within one TTL, everything else sooner; the rest is room for a busy
		// machine.
		expect(await rightForGood(stage, endedMs)).toBeLessThan(2 * stage.ttlMs);
		await expectRest(stage);
		stage.registrar.signal('SIGTERM');
		expect((await stage.registrar.waitExit()).code).toBe(0);
		expect(await stage.gateway.get(stage.registrar.key)).toBeNull();
	});
});
