import { describe, expect, test } from 'vitest';
import { startEtcd } from '../support/etcd/etcd.js';
import { startRegistrar } from '../support/process/registrar.js';
import { end } from '../support/stage/stage.js';

const METHODS = [
	'Range',
	'Txn',
	'Put',
	'DeleteRange',
	'LeaseGrant',
	'LeaseRevoke',
	'LeaseTimeToLive',
	'LeaseKeepAlive',
	'Watch',
] as const;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.concurrent('with nothing to do', () => {
	test.for([
		{ asked: 3, granted: 3 },
		{ asked: 1, granted: 2 },
	])(
		'a TTL of $asked s costs etcd one read each $granted s, three keepalives, and nothing else',
		async ({ asked, granted }, context) => {
			const etcd = await startEtcd();
			context.onTestFinished(() => etcd.kill());
			const registrar = startRegistrar(etcd.endpoint, { ttlSeconds: asked });
			context.onTestFinished(() => end(registrar));
			await registrar.registered();
			// The first gap is shorter, so that a fleet does not tick as one.
			await wait(granted * 1_100);
			const received = async () => {
				const metrics = await etcd.metrics();
				return METHODS.map((method) => metrics.received(method));
			};
			const intervals = 4;
			const before = await received();
			await wait(intervals * granted * 1_000);
			const after = await received();
			const spent = Object.fromEntries(
				METHODS.map((method, index) => [method, (after[index] ?? 0) - (before[index] ?? 0)]),
			);
			const { Range, LeaseKeepAlive, ...rest } = spent;
			expect(Object.values(rest).reduce((sum, count) => sum + count, 0)).toBe(0);
			// One more or less, as the window begins and ends somewhere between two.
			expect(Math.abs((Range ?? 0) - intervals)).toBeLessThanOrEqual(1);
			expect(Math.abs((LeaseKeepAlive ?? 0) - 3 * intervals)).toBeLessThanOrEqual(1);
			expect(await etcd.leases()).toHaveLength(1);
		},
	);
});
