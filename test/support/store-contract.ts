import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { StoreError } from '../../src/core/errors.js';
import type { KeepaliveListener, Store, WatchListener, Write } from '../../src/registrar/ports.js';
import { until } from './until.js';

/** An etcd, whatever it is made of, as the contract needs it. */
export interface ContractStage {
	/** A client of its own each time. */
	connect(): Store;
	stop(): Promise<void> | void;
}

let count = 0;
/** Keys and leases of no other test: all of them share one etcd. */
const fresh = () => {
	count += 1;
	return { key: (name: string) => `/contract/${count}/${name}`, prefix: `/contract/${count}/`, lease: String(7_000_000 + count * 100) };
};

export const put = (key: string, value: string, lease: string, ifModRevision = '0'): Write => ({ op: 'put', key, value, lease, ifModRevision });
export const remove = (key: string, ifModRevision: string): Write => ({ op: 'delete', key, ifModRevision });

/** Everything a listener was told, in order. */
export function keepaliveLog() {
	const answers: [lease: string, ttlSeconds: number][] = [];
	const ends: (Error | null)[] = [];
	const listener: KeepaliveListener = { answered: (lease, ttlSeconds) => answers.push([lease, ttlSeconds]), ended: (error) => ends.push(error) };
	return { answers, ends, listener };
}

export function watchLog() {
	const told: unknown[] = [];
	const ends: (Error | null)[] = [];
	const log = { told, ends, opened: 0 };
	const listener: WatchListener = {
		opened: () => {
			log.opened += 1;
		},
		changed: (key, change) => told.push([key, change]),
		ended: (error) => ends.push(error),
	};
	return Object.assign(log, { listener });
}

/** What every `Store` does. Registers its tests in the file that calls it. */
export function storeContract(open: () => Promise<ContractStage> | ContractStage): void {
	let stage: ContractStage;
	const stores: Store[] = [];
	/** A client that has read once, as the registrar does before anything else. */
	const connect = async (): Promise<Store> => {
		const store = stage.connect();
		stores.push(store);
		await store.read(['/contract/nothing']);
		return store;
	};
	const look = async (store: Store, key: string) => (await store.read([key])).keys.get(key) ?? null;

	beforeAll(async () => {
		stage = await open();
	});
	afterEach(() => {
		for (const store of stores.splice(0)) store.close();
	});
	afterAll(() => stage.stop());

	test('an absent key reads as null, a present one with value, lease and revision', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		await store.grant(lease, 60);
		expect(await store.write([put(key('a'), 'grün ✓', lease), put(key('empty'), '', '0')])).toBe(true);
		const { revision, keys } = await store.read([key('a'), key('b'), key('empty')]);
		expect([...keys]).toEqual([
			[key('a'), { value: 'grün ✓', lease, modRevision: revision }],
			[key('b'), null],
			[key('empty'), { value: '', lease: null, modRevision: revision }],
		]);
	});

	test('a hundred keys are read at once, and each is the one that was asked for', async () => {
		const { key } = fresh();
		const store = await connect();
		const names = Array.from({ length: 100 }, (_, n) => key(`k${n}`));
		expect(await store.write(names.map((name, n) => put(name, `v${n}`, '0')))).toBe(true);
		const { keys } = await store.read([...names].reverse());
		expect(names.map((name) => keys.get(name)?.value)).toEqual(names.map((_, n) => `v${n}`));
	});

	test('reading changes no revision, writing does; the cluster stays the same', async () => {
		const { key } = fresh();
		const store = await connect();
		const first = await store.read([key('a')]);
		const second = await store.read([key('a')]);
		await store.write([put(key('a'), '1', '0')]);
		const third = await store.read([key('a')]);
		expect(second.revision).toBe(first.revision);
		expect(BigInt(third.revision)).toBe(BigInt(first.revision) + 1n);
		expect([second.clusterId, third.clusterId]).toEqual([first.clusterId, first.clusterId]);
	});

	test('a guard that holds lets the change pass, one that fails stops it', async () => {
		const { key } = fresh();
		const store = await connect();
		expect(await store.write([put(key('a'), '1', '0')])).toBe(true);
		expect(await store.write([put(key('a'), '2', '0')])).toBe(false);
		const seen = await look(store, key('a'));
		expect(seen?.value).toBe('1');
		const revision = seen?.modRevision ?? '';
		expect(await store.write([put(key('a'), '2', '0', revision)])).toBe(true);
		expect(await store.write([put(key('a'), '3', '0', revision)])).toBe(false);
		expect(await store.write([remove(key('a'), revision)])).toBe(false);
		const now = await look(store, key('a'));
		expect(now?.value).toBe('2');
		expect(await store.write([remove(key('a'), now?.modRevision ?? '')])).toBe(true);
		expect(await look(store, key('a'))).toBeNull();
	});

	test('a transaction is all or nothing, and one revision', async () => {
		const { key } = fresh();
		const store = await connect();
		await store.write([put(key('a'), '1', '0')]);
		const before = await store.read([key('a')]);
		expect(await store.write([put(key('b'), '1', '0'), put(key('a'), '2', '0')])).toBe(false);
		expect((await store.read([key('b')])).revision).toBe(before.revision);
		const guard = before.keys.get(key('a'))?.modRevision ?? '';
		expect(await store.write([put(key('b'), '1', '0'), remove(key('a'), guard), put(key('c'), '1', '0')])).toBe(true);
		const { keys } = await store.read([key('a'), key('b'), key('c')]);
		expect(keys.get(key('a'))).toBeNull();
		expect(keys.get(key('b'))?.modRevision).toBe(keys.get(key('c'))?.modRevision);
	});

	test('taking away what is not there, guarded by its absence, succeeds and changes nothing', async () => {
		const { key } = fresh();
		const store = await connect();
		const before = await store.read([key('a')]);
		expect(await store.write([remove(key('a'), '0')])).toBe(true);
		expect((await store.read([key('a')])).revision).toBe(before.revision);
	});

	test('one key twice, or more than 128 changes, is refused as a whole', async () => {
		const { key } = fresh();
		const store = await connect();
		await expect(store.write([put(key('a'), '1', '0'), put(key('a'), '2', '0')])).rejects.toMatchObject({ name: 'StoreError', code: 'invalid' });
		const many = Array.from({ length: 129 }, (_, n) => put(key(`k${n}`), '1', '0'));
		await expect(store.write(many)).rejects.toMatchObject({ name: 'StoreError', code: 'invalid' });
		expect(await store.count(key(''))).toBe(0);
		expect(await store.write(many.slice(1))).toBe(true);
	});

	test('a put under a lease that does not exist is refused as a whole', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		const writes = [put(key('a'), '1', '0'), put(key('b'), '1', lease)];
		await expect(store.write(writes)).rejects.toMatchObject({ name: 'StoreError', code: 'lease-not-found' });
		expect(await store.count(key(''))).toBe(0);
	});

	test('a failed guard counts before a lease that does not exist', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		await store.write([put(key('a'), '1', '0')]);
		expect(await store.write([put(key('a'), '2', lease)])).toBe(false);
	});

	test('a lease is granted for as long as etcd says, and granted again is the same', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		expect(await store.grant(lease, 30)).toBe(30);
		await store.write([put(key('a'), '1', lease)]);
		expect(await store.grant(lease, 60)).toBe(30);
		expect((await look(store, key('a')))?.lease).toBe(lease);
		expect(await store.grant(String(BigInt(lease) + 1n), 1)).toBe(2);
	});

	test('lease IDs keep all their digits', async () => {
		const { key } = fresh();
		const lease = String(2n ** 63n - 1n - BigInt(count));
		const store = await connect();
		await store.grant(lease, 30);
		await store.write([put(key('a'), '1', lease)]);
		expect((await look(store, key('a')))?.lease).toBe(lease);
		expect(await store.timeToLive(lease)).not.toBeNull();
		await store.revoke(lease);
		expect(await store.timeToLive(lease)).toBeNull();
	});

	test('a revoked lease takes its keys along, and revoking what is gone is no fault', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		await store.grant(lease, 30);
		await store.write([put(key('a'), '1', lease), put(key('b'), '1', '0')]);
		await store.revoke(lease);
		await store.revoke(lease);
		const { keys } = await store.read([key('a'), key('b')]);
		expect([keys.get(key('a')), keys.get(key('b'))?.value]).toEqual([null, '1']);
		await expect(store.write([put(key('a'), '1', lease)])).rejects.toMatchObject({ code: 'lease-not-found' });
	});

	test('a key that moves to another lease no longer goes with the first', async () => {
		const { key, lease } = fresh();
		const other = String(BigInt(lease) + 1n);
		const store = await connect();
		await store.grant(lease, 30);
		await store.grant(other, 30);
		await store.write([put(key('a'), '1', lease)]);
		await store.write([put(key('a'), '1', other, (await look(store, key('a')))?.modRevision)]);
		await store.revoke(lease);
		expect((await look(store, key('a')))?.lease).toBe(other);
	});

	test('what remains of a lease is told in whole seconds, truncated', async () => {
		const { lease } = fresh();
		const store = await connect();
		expect(await store.timeToLive(lease)).toBeNull();
		await store.grant(lease, 30);
		// Asked a moment later: something of the thirtieth second is gone.
		await until(async () => (await store.timeToLive(lease))?.remainingSeconds === 29);
		expect(await store.timeToLive(lease)).toMatchObject({ grantedSeconds: 30 });
	});

	test('a lease that nobody renews takes its keys along when its time is over', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		const watch = watchLog();
		await store.openWatch([key('a')], watch.listener);
		await until(() => watch.opened);
		await store.grant(lease, 2);
		await store.write([put(key('a'), '1', lease)]);
		await until(() => watch.told.length === 2, { what: 'the end of the lease' });
		expect(watch.told).toEqual([
			[key('a'), { type: 'put', value: '1', lease }],
			[key('a'), { type: 'delete' }],
		]);
		expect(await look(store, key('a'))).toBeNull();
		expect(await store.timeToLive(lease)).toBeNull();
		await expect(store.write([put(key('a'), '1', lease)])).rejects.toMatchObject({ code: 'lease-not-found' });
	});

	test('a lease that is renewed lives on; one that is gone is answered by 0', async () => {
		const { lease } = fresh();
		const store = await connect();
		await store.grant(lease, 2);
		const log = keepaliveLog();
		const stream = await store.openKeepalive(log.listener);
		const end = performance.now() + 4_500;
		while (performance.now() < end) {
			const answered = log.answers.length;
			stream.request(lease);
			await until(() => log.answers.length > answered);
			await new Promise((resolve) => setTimeout(resolve, 500));
		}
		expect(await store.timeToLive(lease)).not.toBeNull();
		stream.request('6999999');
		await until(() => log.answers.some(([, ttl]) => ttl === 0));
		expect(log.answers.at(-1)).toEqual(['6999999', 0]);
		expect(log.answers.slice(0, -1).every(([id, ttl]) => id === lease && ttl === 2)).toBe(true);
		expect(log.ends).toEqual([]);
	});

	test('a closed keepalive is told nothing more, and requests on it do no harm', async () => {
		const { lease } = fresh();
		const store = await connect();
		await store.grant(lease, 30);
		const [first, second] = [keepaliveLog(), keepaliveLog()];
		const stream = await store.openKeepalive(first.listener);
		const other = await store.openKeepalive(second.listener);
		stream.request(lease);
		stream.close();
		stream.close();
		stream.request(lease);
		other.request(lease);
		await until(() => second.answers.length === 1);
		expect(first).toMatchObject({ answers: [], ends: [] });
	});

	test('a watch tells of what happens to its keys, whoever does it, and of nothing else', async () => {
		const { key, lease } = fresh();
		const [store, other] = [await connect(), await connect()];
		const watch = watchLog();
		await store.openWatch([key('a'), key('b')], watch.listener);
		await until(() => watch.opened);
		await other.grant(lease, 30);
		await other.write([put(key('ab'), '1', '0'), put(key('a'), '1', lease)]);
		await store.write([put(key('b'), '2', '0')]);
		await other.write([remove(key('b'), (await look(other, key('b')))?.modRevision ?? '')]);
		await other.revoke(lease);
		await until(() => watch.told.length >= 4);
		expect(watch.told).toEqual([
			[key('a'), { type: 'put', value: '1', lease }],
			[key('b'), { type: 'put', value: '2', lease: null }],
			[key('b'), { type: 'delete' }],
			[key('a'), { type: 'delete' }],
		]);
		expect(watch).toMatchObject({ opened: 1, ends: [] });
	});

	test('a closed watch is told nothing more', async () => {
		const { key } = fresh();
		const store = await connect();
		const [first, second] = [watchLog(), watchLog()];
		const stream = await store.openWatch([key('a')], first.listener);
		await store.openWatch([key('a')], second.listener);
		await until(() => first.opened && second.opened);
		stream.close();
		stream.close();
		await store.write([put(key('a'), '1', '0')]);
		await until(() => second.told.length === 1);
		expect(first).toMatchObject({ told: [], ends: [] });
	});

	test('what stands below a prefix is counted, and nothing beside it', async () => {
		const { key, prefix } = fresh();
		const store = await connect();
		expect(await store.count(prefix)).toBe(0);
		await store.write([put(key('a'), '1', '0'), put(key('a/b'), '1', '0'), put(key('\u{10ffff}'), '1', '0')]);
		await store.write([put(`${prefix.slice(0, -1)}0`, '1', '0'), put(`${prefix.slice(0, -1)}`, '1', '0')]);
		expect(await store.count(prefix)).toBe(3);
	});

	test('streams run on the connection that the last read found', async () => {
		const { key } = fresh();
		const store = await connect();
		const keepalive = await store.openKeepalive(keepaliveLog().listener);
		const watch = await store.openWatch([key('a')], watchLog().listener);
		await store.read([key('a')]);
		expect([store.isCurrent(keepalive), store.isCurrent(watch)]).toEqual([true, true]);
		const other = await connect();
		expect([other.isCurrent(keepalive), other.isCurrent(watch)]).toEqual([false, false]);
	});

	test('what is stopped before it begins is not carried out', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		const signal = AbortSignal.abort();
		for (const call of [
			() => store.write([put(key('a'), '1', '0')], signal),
			() => store.grant(lease, 30, signal),
			() => store.read([key('a')], signal),
			() => store.timeToLive(lease, signal),
			() => store.count(key(''), signal),
			() => store.revoke(lease, signal),
		]) {
			await expect(call()).rejects.toMatchObject({ name: 'StoreError', code: 'aborted' });
		}
		// They travel on one connection: what had been sent before this write would be there by now.
		await store.write([put(key('z'), '1', '0')]);
		expect(await look(store, key('a'))).toBeNull();
		expect(await store.timeToLive(lease)).toBeNull();
	});

	test('what is stopped on its way is left behind at once', async () => {
		const { key } = fresh();
		const store = await connect();
		const stop = new AbortController();
		const reading = store.read([key('a')], stop.signal);
		stop.abort();
		await expect(reading).rejects.toMatchObject({ name: 'StoreError', code: 'aborted' });
		expect(await look(store, key('a'))).toBeNull();
	});

	test('before the first read there is no connection, and that is said', async () => {
		const store = stage.connect();
		stores.push(store);
		await expect(store.grant('1', 30)).rejects.toMatchObject({ name: 'StoreError', code: 'unavailable' });
	});

	test('a grant may travel beside the first read', async () => {
		const { key, lease } = fresh();
		const store = stage.connect();
		stores.push(store);
		const reading = store.read([key('a')]);
		const granting = store.grant(lease, 30);
		expect((await reading).keys.get(key('a'))).toBeNull();
		expect(await granting).toBe(30);
	});

	test('closed, it ends its streams and refuses everything, and may be closed again', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		const [keepalive, watch] = [keepaliveLog(), watchLog()];
		await store.openKeepalive(keepalive.listener);
		await store.openWatch([key('a')], watch.listener);
		await until(() => watch.opened);
		store.close();
		store.close();
		for (const call of [
			() => store.read([key('a')]),
			() => store.write([put(key('a'), '1', '0')]),
			() => store.grant(lease, 30),
			() => store.revoke(lease),
			() => store.timeToLive(lease),
			() => store.count(key('')),
			() => store.openKeepalive(keepalive.listener),
			() => store.openWatch([key('a')], watch.listener),
		]) {
			await expect(call()).rejects.toBeInstanceOf(StoreError);
		}
		await until(() => keepalive.ends.length === 1 && watch.ends.length === 1);
	});
}
