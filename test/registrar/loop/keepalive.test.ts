import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Keepalive } from '../../../src/registrar/loop/keepalive.js';
import { MemoryEtcd } from '../../support/memory/memory-etcd.js';
import { MemoryStore, type MemoryStoreOptions } from '../../support/memory/memory-store.js';

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const LEASE = { id: '1', ttlSeconds: 9 };

/** A keepalive on an etcd in which the lease exists, after the first good pass. */
async function aKeepalive(options: MemoryStoreOptions = {}) {
	const etcd = new MemoryEtcd(performance);
	const store = new MemoryStore(etcd, options);
	await pass(store);
	etcd.grant(LEASE.id, LEASE.ttlSeconds);
	const told: string[] = [];
	const keepalive = new Keepalive(store, {
		renewed: () => told.push('renewed'),
		lost: (lease) => told.push(`lost ${lease}`),
		denied: (lease) => told.push(`denied ${lease}`),
		trouble: () => told.push('trouble'),
	});
	keepalive.refresh([LEASE]);
	await vi.advanceTimersByTimeAsync(1);
	const good = async () => {
		await pass(store);
		keepalive.refresh([LEASE]);
		await vi.advanceTimersByTimeAsync(1);
	};
	return { etcd, store, keepalive, told, good };
}

/** What a pass does to the connection: a read finds one that answers. */
async function pass(store: MemoryStore): Promise<void> {
	const reading = store.read(['a']);
	await vi.advanceTimersByTimeAsync(0);
	await reading;
}

test('the lease is renewed at once and then each third of its TTL, on one stream', async () => {
	const { etcd, store, told, keepalive } = await aKeepalive();
	expect(told).toEqual(['renewed']);
	await vi.advanceTimersByTimeAsync(90_000);
	expect(told).toEqual(Array.from({ length: 31 }, () => 'renewed'));
	expect(etcd.leases).toEqual([LEASE.id]);
	expect(store.openStreams).toBe(1);
	keepalive.stop();
});

test('good passes in between change nothing', async () => {
	const { store, told, good, keepalive } = await aKeepalive();
	for (let n = 0; n < 9; n += 1) {
		await vi.advanceTimersByTimeAsync(1_000);
		await good();
	}
	expect(told).toEqual(['renewed', 'renewed', 'renewed', 'renewed']);
	expect(store.calls.openKeepalive).toBe(1);
	keepalive.stop();
});

test('without an answer for a third of the TTL there is trouble, and it goes on while the silence does', async () => {
	const { store, told, keepalive } = await aKeepalive();
	store.freeze();
	await vi.advanceTimersByTimeAsync(3_000);
	expect(told).toEqual(['renewed']);
	await vi.advanceTimersByTimeAsync(3_000);
	expect(told).toEqual(['renewed', 'trouble']);
	await vi.advanceTimersByTimeAsync(3_000);
	expect(told).toEqual(['renewed', 'trouble', 'trouble']);
	// It dials by itself never.
	expect(store.calls.openKeepalive).toBe(1);
	keepalive.stop();
});

test('a silent stream is accompanied by a second one, and closed when that one answers', async () => {
	const { etcd, store, told, good, keepalive } = await aKeepalive();
	store.freeze();
	await vi.advanceTimersByTimeAsync(6_100);
	expect(told).toEqual(['renewed', 'trouble']);
	await good();
	expect(store.calls.openKeepalive).toBe(2);
	expect(told).toEqual(['renewed', 'trouble', 'renewed']);
	expect(store.openStreams).toBe(1);
	expect(etcd.leases).toEqual([LEASE.id]);
	keepalive.stop();
});

test('the silent one stays open while the second one is silent too: on a slow link it may still answer', async () => {
	const { store, good, keepalive } = await aKeepalive();
	store.freeze();
	await vi.advanceTimersByTimeAsync(6_100);
	await pass(store);
	keepalive.refresh([LEASE]);
	await vi.advanceTimersByTimeAsync(0);
	store.freeze();
	await vi.advanceTimersByTimeAsync(1);
	expect(store.calls.openKeepalive).toBe(2);
	expect(store.openStreams).toBe(2);
	// The next good pass finds another connection: the second is replaced, the first is kept until one answers.
	await good();
	expect(store.openStreams).toBe(1);
	keepalive.stop();
});

test('a move of the connection takes the stream along, without a moment without one', async () => {
	const { store, told, good, keepalive } = await aKeepalive();
	store.freeze();
	await good();
	expect(told).toEqual(['renewed', 'renewed']);
	expect(store.calls.openKeepalive).toBe(2);
	expect(store.openStreams).toBe(1);
	keepalive.stop();
});

test('a stream that breaks is trouble, and the next good pass opens another', async () => {
	const { store, told, good, keepalive } = await aKeepalive();
	store.disconnect();
	expect(told).toEqual(['renewed', 'trouble']);
	expect(store.openStreams).toBe(0);
	await good();
	expect(told).toEqual(['renewed', 'trouble', 'renewed']);
	keepalive.stop();
});

test('a stream that cannot be opened is trouble', async () => {
	const { store, told, good, keepalive } = await aKeepalive();
	store.disconnect();
	store.fault('openKeepalive', 'unavailable');
	await good();
	expect(told).toEqual(['renewed', 'trouble', 'trouble']);
	await good();
	expect(told).toEqual(['renewed', 'trouble', 'trouble', 'renewed']);
	keepalive.stop();
});

test('a lease that is gone is told once, and asked for no more', async () => {
	const { etcd, told, keepalive } = await aKeepalive();
	etcd.revoke(LEASE.id);
	await vi.advanceTimersByTimeAsync(30_000);
	expect(told).toEqual(['renewed', 'lost 1']);
	etcd.grant('2', 6);
	keepalive.refresh([{ id: '2', ttlSeconds: 6 }]);
	await vi.advanceTimersByTimeAsync(4_001);
	expect(told).toEqual(['renewed', 'lost 1', 'renewed', 'renewed', 'renewed']);
	keepalive.stop();
});

test('an answer about a former lease says nothing of the current one', async () => {
	const { etcd, told, keepalive } = await aKeepalive();
	etcd.grant('3', 9);
	// Both requests are on their way when the answers come.
	keepalive.refresh([{ id: '2', ttlSeconds: 9 }]);
	keepalive.refresh([{ id: '3', ttlSeconds: 9 }]);
	await vi.advanceTimersByTimeAsync(1);
	expect(told).toEqual(['renewed', 'renewed']);
	keepalive.stop();
});

test('a denied lease is told as denied', async () => {
	const { etcd, store, told, keepalive } = await aKeepalive({ manner: '3.5' });
	etcd.put('b', 'v', LEASE.id);
	store.denied.set('b', 'all');
	await vi.advanceTimersByTimeAsync(3_000);
	expect(told).toEqual(['renewed', 'denied 1', 'trouble']);
	keepalive.stop();
});

test('without a lease nothing runs', async () => {
	const { store, told, keepalive } = await aKeepalive();
	keepalive.refresh([]);
	await vi.advanceTimersByTimeAsync(60_000);
	expect(told).toEqual(['renewed']);
	expect(store.openStreams).toBe(0);
	keepalive.refresh([LEASE]);
	await vi.advanceTimersByTimeAsync(1);
	expect(store.openStreams).toBe(1);
	keepalive.stop();
});

test('stopped, it says nothing more and leaves neither timer nor stream, also one that is just opening', async () => {
	const { store, told, keepalive } = await aKeepalive();
	store.freeze();
	await pass(store);
	keepalive.refresh([LEASE]);
	keepalive.stop();
	keepalive.stop();
	await vi.advanceTimersByTimeAsync(60_000);
	expect(told).toEqual(['renewed']);
	expect(store.openStreams).toBe(0);
	expect(vi.getTimerCount()).toBe(0);
});

test('a refresh while the first stream is being opened opens no second one', async () => {
	const { store, keepalive } = await aKeepalive();
	keepalive.refresh([]);
	const { openKeepalive } = store.calls;
	keepalive.refresh([LEASE]);
	keepalive.refresh([LEASE]);
	await vi.advanceTimersByTimeAsync(1);
	expect(store.calls.openKeepalive).toBe(openKeepalive + 1);
	keepalive.stop();
});

test('a stream without an answer on a good connection gets a second one beside it, and is trouble meanwhile', async () => {
	const { store, told, keepalive } = await aKeepalive();
	store.down = 'hang';
	for (let third = 0; third < 3; third += 1) {
		await vi.advanceTimersByTimeAsync(3_000);
		keepalive.refresh([LEASE]);
	}
	// One for each round without an answer, and one for the second stream, which could not be opened.
	expect(told).toEqual(['renewed', 'trouble', 'trouble', 'trouble']);
	expect(store.calls.openKeepalive).toBe(3);
	keepalive.stop();
});

test('one that answers again after the second was opened goes on; the second is given up when it breaks', async () => {
	const { etcd, store, told, keepalive } = await aKeepalive();
	store.down = 'hang';
	await vi.advanceTimersByTimeAsync(6_100);
	etcd.renew(LEASE.id);
	store.fault('openKeepalive', 'unavailable');
	keepalive.refresh([LEASE]);
	store.down = null;
	await vi.advanceTimersByTimeAsync(3_000);
	expect(told.slice(0, 3)).toEqual(['renewed', 'trouble', 'trouble']);
	expect(told.at(-1)).toBe('renewed');
	expect(store.openStreams).toBe(1);
	keepalive.stop();
});

test('of two leases each is renewed at the pace of the shorter one, and one that is gone leaves the other', async () => {
	const { etcd, told, keepalive } = await aKeepalive();
	keepalive.refresh([]);
	etcd.grant('2', 3);
	keepalive.refresh([LEASE, { id: '2', ttlSeconds: 3 }]);
	await vi.advanceTimersByTimeAsync(30_000);
	expect(etcd.leases).toEqual([LEASE.id, '2']);
	etcd.revoke('2');
	await vi.advanceTimersByTimeAsync(30_000);
	expect(told.filter((line) => line !== 'renewed')).toEqual(['lost 2']);
	expect(etcd.leases).toEqual([LEASE.id]);
	keepalive.stop();
});

test('a lease that comes later is asked for at once, and the others are not because of it', async () => {
	const { etcd, told, keepalive } = await aKeepalive();
	etcd.grant('2', 9);
	await vi.advanceTimersByTimeAsync(1_000);
	keepalive.refresh([LEASE, { id: '2', ttlSeconds: 9 }]);
	await vi.advanceTimersByTimeAsync(1);
	expect(told).toEqual(['renewed', 'renewed']);
	await vi.advanceTimersByTimeAsync(2_000);
	expect(told).toEqual(['renewed', 'renewed', 'renewed', 'renewed']);
	keepalive.stop();
});

test('the only lease gone: no timer is left', async () => {
	const { etcd, told, keepalive } = await aKeepalive();
	etcd.revoke(LEASE.id);
	await vi.advanceTimersByTimeAsync(9_000);
	expect(told).toEqual(['renewed', 'lost 1']);
	expect(vi.getTimerCount()).toBe(0);
	keepalive.stop();
});

test.each(['pending', 'answered'] as const)(
	'a stream that breaks for another reason than a refusal denies no lease: requests %s',
	async (requests) => {
		const { store, told, keepalive } = await aKeepalive();
		if (requests === 'pending') store.down = 'hang';
		await vi.advanceTimersByTimeAsync(3_000);
		told.length = 0;
		store.disconnect();
		expect(told).toEqual(['trouble']);
		keepalive.stop();
	},
);

test('3.5: of two leases the one that etcd refuses to renew is denied', async () => {
	const { etcd, store, told, keepalive } = await aKeepalive({ manner: '3.5' });
	etcd.grant('2', 9);
	etcd.put('b', 'v', '2');
	keepalive.refresh([LEASE, { id: '2', ttlSeconds: 9 }]);
	await vi.advanceTimersByTimeAsync(1);
	store.denied.set('b', 'all');
	await vi.advanceTimersByTimeAsync(3_000);
	expect(told.filter((line) => line !== 'renewed')).toEqual(['denied 2', 'trouble']);
	keepalive.stop();
});

test('a stream that may not be opened at all denies no lease', async () => {
	const { store, told, good, keepalive } = await aKeepalive();
	store.disconnect();
	store.fault('openKeepalive', 'permission-denied');
	await good();
	expect(told).toEqual(['renewed', 'trouble', 'trouble']);
	keepalive.stop();
});

test('stopped, it follows nothing any more', async () => {
	const { store, keepalive } = await aKeepalive();
	keepalive.stop();
	const { openKeepalive } = store.calls;
	keepalive.refresh([LEASE]);
	await vi.advanceTimersByTimeAsync(1);
	expect(store.calls.openKeepalive).toBe(openKeepalive);
	expect(store.openStreams).toBe(0);
});
