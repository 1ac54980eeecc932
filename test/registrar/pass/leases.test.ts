import { expect, test } from 'vitest';
import { Leases } from '../../../src/registrar/pass/leases.js';
import { MemoryEtcd } from '../../support/memory/memory-etcd.js';
import { MemoryStore } from '../../support/memory/memory-store.js';
import { ManualClock } from '../../support/memory/reconciling.js';

const keys = (count: number) => Array.from({ length: count }, (_, n) => `k${n}`);

async function aHolder(...services: string[][]) {
	const clock = new ManualClock();
	const etcd = new MemoryEtcd(clock);
	const store = new MemoryStore(etcd, { callTimeoutMs: 20 });
	await store.read(['connects']);
	const granted: string[] = [];
	const leases = new Leases(store, 9, Math.random, ({ id }) => granted.push(id));
	leases.groups.arrange(services);
	return { clock, etcd, store, leases, granted };
}

/** Two groups, the second of which got its lease first. */
async function twoGroups() {
	const holder = await aHolder(keys(500), ['other']);
	await holder.leases.ensure(['other']);
	await holder.leases.ensure(['k0']);
	const [second = '', first = ''] = holder.granted;
	return { ...holder, first, second };
}

test('the current leases are in the order of their groups, whichever was granted first', async () => {
	const { leases, first, second } = await twoGroups();
	expect(leases.current.map(({ id }) => id)).toEqual([first, second]);
	expect([leases.of('k0')?.id, leases.of('other')?.id]).toEqual([first, second]);
});

test('where every key has a lease nothing is asked for', async () => {
	const { leases, store } = await twoGroups();
	await leases.ensure(['k0', 'k1', 'other']);
	await leases.ensure([]);
	expect(store.calls.grant).toBe(2);
});

test('a lease that is retired gets nothing new, and one of two only that one', async () => {
	const { leases, first, second } = await twoGroups();
	leases.retire(second);
	expect(leases.current.map(({ id }) => id)).toEqual([first]);
	expect(leases.of('other')).toBeNull();
	expect(leases.former).toEqual([second]);
	leases.retire();
	expect(leases.current).toEqual([]);
	expect(leases.former.toSorted()).toEqual([first, second].toSorted());
});

test('a former lease is renewed for its own TTL as long as keys hang on it, unless etcd refuses that', async () => {
	const { leases, first } = await twoGroups();
	leases.retire(first);
	const renewed = () => leases.renewed.map(({ id, ttlSeconds }) => [id, ttlSeconds]);
	expect(renewed()).toHaveLength(1);
	leases.inUse(first, true);
	expect(renewed()).toContainEqual([first, 9]);
	leases.inUse('1234', true);
	expect(renewed()).toContainEqual(['1234', 9]);
	leases.inUse(first, false);
	expect(renewed().map(([id]) => id)).not.toContain(first);
	leases.inUse(first, true);
	leases.denied(first);
	leases.inUse(first, true);
	expect(renewed().map(([id]) => id)).not.toContain(first);
});

test('a lease is renewed for the TTL that etcd granted it, not for that of the last one', async () => {
	const { leases, store } = await aHolder(['a']);
	store.grant = async () => 30;
	await leases.ensure(['a']);
	const [old] = leases.current;
	leases.retire();
	store.grant = async () => 9;
	await leases.ensure(['a']);
	leases.inUse(old?.id ?? '', true);
	expect(leases.renewed.map(({ ttlSeconds }) => ttlSeconds)).toEqual([9, 30]);
	expect(leases.intervalSeconds).toBe(9);
});

test('a current lease is none that is former, whatever hangs on it', async () => {
	const { leases, first } = await twoGroups();
	leases.inUse(first, true);
	expect(leases.former).toEqual([]);
	expect(leases.renewed).toHaveLength(2);
});

test('a group that lost its keys gives its lease up, and no other does', async () => {
	const { leases, first, second } = await twoGroups();
	leases.retireUnused();
	expect(leases.former).toEqual([]);
	leases.groups.arrange([keys(500)]);
	leases.retireUnused();
	expect(leases.current.map(({ id }) => id)).toEqual([first]);
	expect(leases.former).toEqual([second]);
});

test('of a lease that is gone nothing is left, and of the others everything', async () => {
	const { leases, first, second } = await twoGroups();
	leases.extended(first, 5_000);
	leases.extended(second, 6_000);
	leases.gone(first);
	expect(leases.alive).toEqual([second]);
	expect([leases.endsMs(first), leases.endsMs(second)]).toEqual([null, 6_000]);
});

test('a lease that turned out to be gone ends only its own request', async () => {
	const { leases, store } = await aHolder(keys(500), ['other']);
	store.fault('grant', 'lost', 'lost');
	await expect(leases.ensure(['k0', 'other'])).rejects.toMatchObject({ code: 'timeout' });
	const [one = '', two = ''] = leases.alive;
	leases.gone(one);
	expect(leases.alive).toEqual([two]);
});

test('after the end, and with a signal that aborted before, no lease is asked for', async () => {
	const { leases, store } = await aHolder(['a']);
	const stopped = { name: 'StoreError', code: 'aborted', message: expect.stringContaining('stopped') };
	await expect(leases.ensure(['a'], AbortSignal.abort())).rejects.toMatchObject(stopped);
	leases.end();
	await expect(leases.ensure(['a'])).rejects.toMatchObject(stopped);
	expect(store.calls.grant).toBe(0);
	expect(leases.alive).toEqual([]);
});
