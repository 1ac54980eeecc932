import { describe, expect, test } from 'vitest';
import { KEY_FAULTS } from '../support/stage/key-faults.js';
import { expectRest, rightForGood, startStage } from '../support/stage/stage.js';
import { until } from '../support/until.js';

describe.concurrent('a key that others spoil is put right', () => {
	test.for(KEY_FAULTS)('$name', async ({ commit }, context) => {
		const stage = await startStage(context, { ttlSeconds: 3 });
		// It opens after the first pass. What happens before is the poll's.
		await until(async () => (await stage.etcd.metrics()).sum('etcd_debugging_mvcc_watcher_total') > 0, {
			what: 'the watch',
		});
		await commit(stage);
		const spoiltMs = performance.now();
		// The poll alone would need up to a TTL: the watch makes it at once, and half a TTL leaves room for a
		// busy machine.
		expect(await rightForGood(stage, spoiltMs)).toBeLessThan(stage.ttlMs / 2);
		await expectRest(stage);
		stage.registrar.signal('SIGTERM');
		expect((await stage.registrar.waitExit()).code).toBe(0);
		expect(await stage.gateway.get(stage.registrar.key)).toBeNull();
		expect(await stage.gateway.leases()).toEqual([]);
	});
});
