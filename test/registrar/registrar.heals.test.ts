import { expect, test, vi } from 'vitest';
import { StoreError } from '../../src/core/errors.js';
import { aKeeping, KEY } from '../support/memory/keeping.js';
import { fakeTime, seconds, within } from '../support/memory/passing-time.js';

fakeTime();

test('take-over: two twins, one key: who is superseded says so once and comes back when the other stops', async () => {
	const first = aKeeping();
	await first.registrar.start();
	await within(1, first.registrar.ready());
	const second = aKeeping({ etcd: first.etcd });
	await second.registrar.start();
	await within(1, second.registrar.ready());
	for (let n = 0; n < 20; n += 1) {
		await seconds(3);
		first.schedule.tick();
		second.schedule.tick();
	}
	expect(first.names()).toEqual(['registered', 'conflict']);
	expect(first.registrar.status()).toMatchObject({ state: 'standing-by', ready: false, live: true });
	expect(first.registrar.status().counters.conflicts).toBe(1);
	expect(second.names()).toEqual(['registered']);
	await within(1, second.registrar.stop());
	await seconds(1);
	expect(first.registrar.status()).toMatchObject({ state: 'registered', ready: true });
	expect(first.names()).toEqual(['registered', 'conflict', 'repaired']);
	await within(1, first.registrar.stop());
});

test('a deleted key is back at once by the watch, and without hints at the next tick', async () => {
	for (const hints of [true, false]) {
		const { registrar, etcd, schedule } = aKeeping({ hints });
		await registrar.start();
		await within(1, registrar.ready());
		await seconds(1);
		etcd.delete(KEY);
		await vi.advanceTimersByTimeAsync(50);
		expect(KEY in etcd.contents).toBe(hints);
		schedule.tick();
		await vi.advanceTimersByTimeAsync(50);
		expect(KEY in etcd.contents).toBe(true);
		expect(registrar.status().counters.repairs.absent).toBe(1);
		await within(1, registrar.stop());
	}
});

test('a lease that is revoked is replaced at once, and exactly one is left', async () => {
	const { registrar, etcd } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	for (let n = 0; n < 20; n += 1) {
		for (const lease of etcd.leases) etcd.revoke(lease);
		await seconds(3);
		expect(etcd.contents).toEqual({ [KEY]: '10.0.0.5:80' });
		expect(etcd.leases).toEqual([registrar.status().lease?.id]);
	}
	await within(1, registrar.stop());
});

test('a connection that falls silent costs neither key nor lease', async () => {
	const { registrar, store, etcd, schedule, names } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	const lease = registrar.status().lease?.id;
	for (let n = 0; n < 10; n += 1) {
		store.freeze();
		await seconds(6);
		schedule.tick();
	}
	expect(registrar.status().lease?.id).toBe(lease);
	expect(etcd.leases).toEqual([lease]);
	expect(names()).toEqual(['registered']);
	await within(1, registrar.stop());
});

test('a pass that hangs is cut, and the loop goes on', async () => {
	const { registrar, store, etcd } = aKeeping();
	let hang = true;
	const { registrar: other } = aKeeping({
		etcd,
		services: [{ addr: ':80' }],
		resolve: () => (hang ? new Promise(() => {}) : Promise.resolve('10.0.0.9:80')),
	});
	await within(2, other.start());
	await seconds(7);
	expect(other.status()).toMatchObject({ live: true, lastPass: { ok: false } });
	hang = false;
	await seconds(8);
	expect(other.status().ready).toBe(true);
	await within(2, other.stop());
	store.down = 'hang';
	await registrar.start();
	await seconds(30);
	expect(registrar.status().counters.passes.failed).toBeGreaterThan(3);
	await within(6, registrar.stop());
});

test('a logger or a listener that throws ends nothing', async () => {
	const broken = () => {
		throw new Error('the disk is full');
	};
	const { registrar, store, etcd } = aKeeping({
		logger: { debug: broken, info: broken, warn: broken, error: broken },
	});
	registrar.on('registered', broken);
	await registrar.start();
	await seconds(1);
	expect(registrar.status().ready).toBe(true);
	store.down = 'unavailable';
	await within(1, registrar.reconcile());
	await seconds(10);
	store.down = null;
	await seconds(3);
	expect(registrar.status()).toMatchObject({ ready: true, lastPass: { ok: true } });
	await within(2, registrar.stop());
	expect(etcd.leases).toEqual([]);
});

test('etcd that fails in every way for a long time ends nothing, and it is registered soon after', async () => {
	const { registrar, store, etcd, schedule } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	const faults = [
		'unavailable',
		'hang',
		'exhausted',
		'permission-denied',
		'authentication-failed',
		'token-rejected',
		'invalid',
		'lost',
	] as const;
	for (const fault of faults) {
		store.down = fault;
		store.disconnect();
		await seconds(15);
		schedule.tick();
	}
	store.down = null;
	schedule.tick();
	await seconds(8);
	expect(registrar.status()).toMatchObject({ ready: true });
	expect(etcd.contents).toEqual({ [KEY]: '10.0.0.5:80' });
	expect(etcd.leases).toEqual([registrar.status().lease?.id]);
	await within(1, registrar.stop());
	expect(vi.getTimerCount()).toBe(0);
});

test('a schedule for which another TTL was granted keeps that interval while there is no lease', async () => {
	const { registrar, etcd, store, schedule } = aKeeping({ ttlSeconds: 1 });
	await registrar.start();
	await within(1, registrar.ready());
	expect(schedule.starts.map(({ intervalSeconds }) => intervalSeconds)).toEqual([1, 2]);
	for (let n = 0; n < 3; n += 1) {
		for (const lease of etcd.leases) etcd.revoke(lease);
		store.fault('grant', 'unavailable');
		await seconds(3);
	}
	expect(registrar.status()).toMatchObject({ ready: true, intervalMs: 2_000 });
	expect(schedule.starts.map(({ intervalSeconds }) => intervalSeconds)).toEqual([1, 2]);
	await within(1, registrar.stop());
});

test('an etcd that answers reads and no keepalive: the key is never missing, and one lease is left', async () => {
	const { registrar, store, etcd, schedule } = aKeeping();
	store.openKeepalive = () => Promise.reject(new StoreError('unavailable', '503'));
	await registrar.start();
	await within(1, registrar.ready());
	let missing = 0;
	etcd.watch((_key, { type }) => {
		if (type === 'delete') missing += 1;
	});
	for (let interval = 0; interval < 10; interval += 1) {
		await seconds(6);
		schedule.tick();
	}
	expect(missing).toBe(0);
	expect(etcd.contents).toEqual({ [KEY]: '10.0.0.5:80' });
	await seconds(1);
	expect(etcd.leases).toHaveLength(1);
	await within(1, registrar.stop());
	expect(etcd.leases).toEqual([]);
});
