import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Watch, watchGroups } from '../../../src/registrar/loop/watch.js';
import { MemoryEtcd } from '../../support/memory/memory-etcd.js';
import { MemoryStore } from '../../support/memory/memory-store.js';

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

async function aWatching(keys: readonly string[] = ['a', 'b']) {
	const etcd = new MemoryEtcd(performance);
	const store = new MemoryStore(etcd);
	const told: string[] = [];
	const watching = new Watch(store, performance, {
		changed: (key, { type }) => told.push(`${type} ${key}`),
		opened: (again) => again && told.push('reopened'),
		ended: () => told.push('ended'),
	});
	/** A good pass: a read finds the connection, then the watch follows. */
	const good = async (wanted = keys) => {
		const reading = store.read(['x']);
		await vi.advanceTimersByTimeAsync(0);
		await reading;
		watching.refresh(
			wanted.map((key) => [key]),
			() => new Set(),
		);
		await vi.advanceTimersByTimeAsync(1);
	};
	await good();
	return { etcd, store, watching, told, good };
}

const soon = () => vi.advanceTimersByTimeAsync(1);

test('changes of the keys are told, those of others are not; the first opening is no reopening', async () => {
	const { etcd, told, watching } = await aWatching();
	etcd.put('a', '1');
	etcd.put('c', '1');
	etcd.delete('a');
	await soon();
	expect(told).toEqual(['put a', 'delete a']);
	watching.stop();
});

test('good passes in between change nothing', async () => {
	const { store, good, watching } = await aWatching();
	for (let n = 0; n < 5; n += 1) await good();
	expect(store.calls.openWatch).toBe(1);
	watching.stop();
});

test('other keys are watched by a new watch, and none is told twice', async () => {
	const { etcd, store, told, good, watching } = await aWatching();
	await good(['a', 'c']);
	expect(told).toEqual(['reopened']);
	etcd.put('a', '1');
	etcd.put('b', '1');
	etcd.put('c', '1');
	await soon();
	expect(told).toEqual(['reopened', 'put a', 'put c']);
	expect(store.openStreams).toBe(1);
	watching.stop();
});

test('a watch that ended is opened anew by the next good pass, and that is told: what happened in between was not seen', async () => {
	const { etcd, store, told, good, watching } = await aWatching();
	store.disconnect();
	etcd.put('a', '1');
	await soon();
	expect(told).toEqual([]);
	await good();
	expect(told).toEqual(['reopened']);
	etcd.put('a', '2');
	await soon();
	expect(told).toEqual(['reopened', 'put a']);
	watching.stop();
});

test('a silent one is replaced on the connection that answers, and closed', async () => {
	const { etcd, store, told, good, watching } = await aWatching();
	store.freeze();
	await good();
	etcd.put('a', '1');
	await soon();
	expect(told).toEqual(['reopened', 'put a']);
	expect(store.openStreams).toBe(1);
	watching.stop();
});

test('one that cannot be opened is tried again at each good pass, and no pass fails by it', async () => {
	const { store, told, good, watching } = await aWatching();
	store.disconnect();
	store.fault('openWatch', 'unavailable', 'permission-denied');
	await good();
	await good();
	expect(told).toEqual([]);
	await good();
	expect(told).toEqual(['reopened']);
	watching.stop();
});

test('silent connections one after another leave no stream behind', async () => {
	const { store, good, watching } = await aWatching();
	for (let n = 0; n < 20; n += 1) {
		store.freeze();
		await good();
	}
	for (let n = 0; n < 20; n += 1) {
		store.freeze();
		const reading = store.read(['x']);
		await vi.advanceTimersByTimeAsync(0);
		await reading;
		watching.refresh([['a'], ['b']], () => new Set());
		await vi.advanceTimersByTimeAsync(0);
		// Open, and silent before it is confirmed.
		store.freeze();
		await soon();
	}
	await good();
	expect(store.openStreams).toBe(1);
	watching.stop();
	await soon();
	expect(store.openStreams).toBe(0);
});

test('every key is watched, however many there are', async () => {
	const keys = Array.from({ length: 250 }, (_, n) => `k${n}`);
	const { etcd, told, watching } = await aWatching(keys);
	for (const key of keys) etcd.put(key, '1');
	await soon();
	expect(told).toHaveLength(250);
	watching.stop();
});

test.each<readonly [sentence: string, keys: number, prefixes: readonly string[], groups: number]>([
	['up to a hundred keys are watched one by one', 100, ['/ns/'], 100],
	['more of them as one range below their prefix', 101, ['/ns/'], 1],
	['the longest prefix that they share counts', 101, ['/ns/', '/ns/user/'], 1],
	['without a prefix that they share, one by one', 101, ['/other/'], 101],
	['a prefix ends in the separator', 101, ['/ns/us'], 101],
	['the root is a prefix, too', 101, ['/'], 1],
])('%s', (_, count, prefixes, groups) => {
	const keys = Array.from({ length: count }, (_item, n) => `/ns/user/10.0.0.5:${count - n}`);
	const grouped = watchGroups(keys, new Set(prefixes));
	expect(grouped).toHaveLength(groups);
	expect(grouped.flat().sort()).toEqual(keys.sort());
	for (const group of grouped) expect(group).toEqual(group.toSorted());
});

test('without keys there is no watch', async () => {
	const { store, watching } = await aWatching([]);
	expect(store.calls.openWatch).toBe(0);
	watching.stop();
});

test('stopped, it says nothing more and opens nothing, also one that is just opening', async () => {
	const { etcd, store, told, good, watching } = await aWatching();
	store.freeze();
	const reading = store.read(['x']);
	await vi.advanceTimersByTimeAsync(0);
	await reading;
	watching.refresh([['a'], ['b']], () => new Set());
	watching.stop();
	watching.stop();
	await soon();
	await good();
	etcd.put('a', '1');
	await soon();
	expect(told).toEqual([]);
	expect(store.openStreams).toBe(0);
});

test('one whose opening is never confirmed is replaced by a later pass', async () => {
	const { etcd, store, told, good, watching } = await aWatching([]);
	const { openWatch } = store;
	store.openWatch = async (groups, listener) =>
		await openWatch.call(store, groups, { ...listener, opened: () => {}, changed: () => {} });
	await good(['a']);
	store.openWatch = openWatch;
	await good(['a']);
	etcd.put('a', '1');
	await soon();
	expect(told).toEqual([]);
	await vi.advanceTimersByTimeAsync(11_000);
	await good(['a']);
	etcd.put('a', '2');
	await soon();
	expect(told).toEqual(['put a']);
	watching.stop();
});

test('with nothing left to watch it is closed, and opened anew for the same key when that comes back', async () => {
	const { etcd, store, told, good, watching } = await aWatching(['a']);
	await good([]);
	expect(store.openStreams).toBe(0);
	await good(['a']);
	etcd.put('a', '1');
	await soon();
	expect(told).toContain('put a');
	watching.stop();
});

test('keys of which none has a separator are watched one by one', () => {
	const keys = Array.from({ length: 101 }, (_, n) => `k${n}`);
	expect(watchGroups(keys, new Set(['/', 'k', '']))).toHaveLength(101);
});

test.each([
	[900, []],
	[1_100, ['ended']],
])('one that ends %s ms after it was opened: %j is told', async (ms, expected) => {
	const { store, told, watching } = await aWatching();
	await vi.advanceTimersByTimeAsync(ms);
	store.disconnect();
	expect(told).toEqual(expected);
	watching.stop();
});

test('one that cannot be opened ends nothing that was open', async () => {
	const { store, told, good, watching } = await aWatching([]);
	await vi.advanceTimersByTimeAsync(5_000);
	store.fault('openWatch', 'unavailable');
	await good(['a']);
	expect(told).toEqual([]);
	watching.stop();
});

test('the one that is replaced may end while the next is being opened: that one goes on', async () => {
	const { etcd, store, told, good, watching } = await aWatching();
	await vi.advanceTimersByTimeAsync(5_000);
	const { openWatch } = store;
	let open = () => {};
	store.openWatch = async (...args) => {
		await new Promise<void>((resolve) => {
			open = resolve;
		});
		return openWatch.apply(store, args);
	};
	await good(['a', 'c']);
	// The connection under both breaks; a read finds the next one before the watch is open there.
	store.disconnect();
	const reading = store.read(['x']);
	await vi.advanceTimersByTimeAsync(0);
	await reading;
	open();
	await soon();
	expect(told).toEqual(['reopened']);
	etcd.put('c', '1');
	await soon();
	expect(told).toEqual(['reopened', 'put c']);
	watching.stop();
});

test('with fewer denied keys than before it is opened anew, with more it is not', async () => {
	const { store, watching } = await aWatching([]);
	const services = [['a'], ['b']];
	const refresh = async (denied: number) => {
		const { openWatch } = store.calls;
		watching.refresh(services, () => new Set(), denied);
		await soon();
		return store.calls.openWatch - openWatch;
	};
	expect(await refresh(0)).toBe(1);
	expect(await refresh(2)).toBe(0);
	expect(await refresh(2)).toBe(0);
	expect(await refresh(1)).toBe(1);
	expect(await refresh(1)).toBe(0);
	watching.stop();
});

test('the same services are not flattened again, and the same keys open nothing', async () => {
	const { store, watching } = await aWatching([]);
	let reads = 0;
	const services = {
		*[Symbol.iterator]() {
			reads += 1;
			yield ['a'];
		},
	};
	for (let n = 0; n < 3; n += 1) {
		watching.refresh(services, () => new Set());
		await soon();
	}
	expect(reads).toBe(1);
	watching.refresh([['a']], () => new Set());
	await soon();
	expect(store.calls.openWatch).toBe(1);
	watching.stop();
});

test('one that is being opened is waited for ten seconds, and no second one is opened beside it', async () => {
	const { store, watching } = await aWatching([]);
	let calls = 0;
	store.openWatch = () => {
		calls += 1;
		return new Promise(() => {});
	};
	for (const ms of [0, 5_000, 4_900]) {
		await vi.advanceTimersByTimeAsync(ms);
		watching.refresh([['a']], () => new Set());
		expect(calls).toBe(1);
	}
	await vi.advanceTimersByTimeAsync(200);
	watching.refresh([['a']], () => new Set());
	expect(calls).toBe(2);
	watching.stop();
});
