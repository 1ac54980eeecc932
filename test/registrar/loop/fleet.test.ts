import { expect, test } from 'vitest';
import { Fleet } from '../../../src/registrar/loop/fleet.js';
import { MemoryEtcd } from '../../support/memory/memory-etcd.js';
import { MemoryStore } from '../../support/memory/memory-store.js';
import { ManualClock } from '../../support/memory/reconciling.js';

async function aFleet(keys: number, prefixes: readonly string[] = ['/ns/user/']) {
	const clock = new ManualClock();
	const etcd = new MemoryEtcd(clock);
	for (let n = 0; n < keys; n += 1) etcd.put(`/ns/user/${n}`, 'v');
	const store = new MemoryStore(etcd);
	await store.read(['x']);
	return { clock, etcd, store, fleet: new Fleet(store, clock, () => new Set(prefixes)) };
}

test('it is counted after a good pass, and then rarely: every ten minutes, a large one more rarely still', async () => {
	for (const [keys, everyMs] of [
		[200, 600_000],
		[10_000, 1_000_000],
	] as const) {
		const { clock, store, fleet } = await aFleet(keys);
		expect(fleet.size).toBe(0);
		await fleet.count();
		expect(fleet.size).toBe(keys);
		clock.advance(everyMs - 1);
		await fleet.count();
		expect(store.calls.count).toBe(1);
		clock.advance(1);
		await fleet.count();
		expect(store.calls.count).toBe(2);
	}
});

test('fleets under several prefixes are added up', async () => {
	const { fleet, etcd } = await aFleet(3, ['/ns/user/', '/ns/pay/']);
	etcd.put('/ns/pay/1', 'v');
	await fleet.count();
	expect(fleet.size).toBe(4);
});

test.each(['permission-denied', 'unavailable'] as const)(
	'a count that fails (%s) harms nobody, and is not asked for again at once',
	async (fault) => {
		const { clock, store, fleet } = await aFleet(300);
		store.fault('count', fault);
		await fleet.count();
		expect(fleet.size).toBe(0);
		await fleet.count();
		expect(store.calls.count).toBe(1);
		clock.advance(600_000);
		await fleet.count();
		expect(fleet.size).toBe(300);
	},
);

test('a later count that fails leaves the former number', async () => {
	const { clock, store, fleet } = await aFleet(300);
	await fleet.count();
	clock.advance(600_000);
	store.fault('count', 'unavailable');
	await fleet.count();
	expect(fleet.size).toBe(300);
});

test('of thousands of prefixes some stand for all', async () => {
	const prefixes = Array.from({ length: 10_000 }, (_, index) => `name${index}/`);
	const { fleet, etcd, store } = await aFleet(0, prefixes);
	for (const prefix of prefixes)
		for (const addr of ['10.0.0.1:80', '10.0.0.2:80']) etcd.put(`${prefix}${addr}`, 'v');
	await fleet.count();
	expect(fleet.size).toBe(20_000);
	expect(store.calls.count).toBeLessThanOrEqual(20);
});
