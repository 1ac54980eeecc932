import { afterEach, expect, test, vi } from 'vitest';
import { StoreError } from '../../src/core/errors.js';
import { Reader } from '../../src/registrar/reader.js';
import { aKeeping, KEY } from '../support/keeping.js';
import { aStage } from '../support/reconciling.js';

const wanting = (count: number): Record<string, string> => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));

afterEach(() => {
	vi.useRealTimers();
});

test('a lease that is lost between two chunks: no key is ever put without a lease', async () => {
	const ours = aStage().start();
	let writes = 0;
	ours.store.after = (call) => {
		if (call === 'write' && ++writes === 1) {
			ours.etcd.revoke(ours.lease);
			ours.leases.gone(ours.lease);
		}
	};
	const leaseless: string[] = [];
	ours.etcd.watch((key, change) => {
		if (change.type === 'put' && change.lease === null) leaseless.push(key);
	});
	await ours.pass(wanting(250));
	expect(leaseless).toEqual([]);
	expect(ours.etcd.keysOn(ours.lease)).toHaveLength(250);
});

test('the answer to a grant that comes after its lease was replaced changes nothing', async () => {
	const ours = aStage().start();
	ours.store.fault('read', 'unavailable');
	let first: Promise<unknown> = Promise.resolve();
	const { grant } = ours.store;
	let answer: (ttl: number) => void = () => {};
	ours.store.grant = (lease, ttl, signal) => {
		ours.store.grant = grant;
		void grant.call(ours.store, lease, ttl, signal);
		return new Promise((resolve) => {
			answer = resolve;
		});
	};
	first = ours.pass({ a: 'v' }).catch(() => undefined);
	await first;
	await ours.pass({ a: 'v' });
	ours.leases.retire();
	await ours.pass({ a: 'v' });
	const { lease } = ours;
	answer(9);
	await new Promise((resolve) => setImmediate(resolve));
	expect(ours.lease).toBe(lease);
	expect(ours.etcd.get('a')?.lease).toBe(lease);
});

test('an answer that is too large is asked for in halves', async () => {
	const { etcd, start } = aStage();
	const { store } = start();
	for (let n = 0; n < 8; n += 1) etcd.put(`k${n}`, 'v');
	const { read } = store;
	store.read = async (keys, signal) => {
		if (keys.length > 2) throw new StoreError('exhausted', 'Received message larger than max');
		return await read.call(store, keys, signal);
	};
	const look = await new Reader(store).read(Object.keys(wanting(8)), [], () => 1);
	expect(look.keys.size).toBe(8);
});

test('a rival whose lease lasts for years is looked at no more often for that', async () => {
	vi.useFakeTimers();
	const { registrar, etcd, store } = aKeeping({ onConflict: 'wait' });
	etcd.grant('4711', 9_000_000_000);
	etcd.put(KEY, 'x', '4711');
	await registrar.start();
	await vi.advanceTimersByTimeAsync(10_000);
	expect(store.calls.read).toBeLessThan(20);
	const stopping = registrar.stop();
	await vi.advanceTimersByTimeAsync(6_000);
	await stopping;
});

test('a service removed while etcd was away: its key goes although its put was never confirmed', async () => {
	vi.useFakeTimers();
	const { registrar, etcd, store } = aKeeping();
	await registrar.start();
	await vi.advanceTimersByTimeAsync(100);
	store.fault('write', 'lost');
	const adding = registrar.add({ name: 'pay', addr: '10.0.0.5:81' });
	await vi.advanceTimersByTimeAsync(1_000);
	store.down = 'unavailable';
	await vi.advanceTimersByTimeAsync(2_000);
	await adding;
	expect(Object.keys(etcd.contents)).toContain('/ns/pay/10.0.0.5:81');
	const removing = registrar.remove('pay', '10.0.0.5:81');
	await vi.advanceTimersByTimeAsync(2_000);
	await removing;
	store.down = null;
	await vi.advanceTimersByTimeAsync(3_000);
	expect(Object.keys(etcd.contents)).toEqual([KEY]);
	const stopping = registrar.stop();
	await vi.advanceTimersByTimeAsync(6_000);
	await stopping;
});
