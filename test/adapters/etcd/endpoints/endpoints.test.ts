import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { EtcdStore } from '../../../../src/adapters/etcd/store.js';
import { keepaliveLog, put, watchLog } from '../../../support/etcd/contract/kit.js';
import { type Etcd, startEtcd } from '../../../support/etcd/etcd.js';
import { aRealStore } from '../../../support/etcd/real-store.js';
import { freePort } from '../../../support/network/net.js';
import { startProxy, type TcpProxy } from '../../../support/network/proxy.js';
import { until } from '../../../support/until.js';

let etcd: Etcd;
let first: TcpProxy;
let second: TcpProxy;
const stores: EtcdStore[] = [];

beforeAll(async () => {
	etcd = await startEtcd();
});
afterAll(() => etcd.stop());
beforeEach(async () => {
	first = await startProxy(etcd.endpoint);
	second = await startProxy(etcd.endpoint);
});
afterEach(async () => {
	for (const store of stores.splice(0)) store.close();
	await Promise.all([first.close(), second.close()]);
});

function connect(endpoints: readonly string[], options: Parameters<typeof aRealStore>[1] = {}): EtcdStore {
	const { store } = aRealStore(endpoints, options);
	stores.push(store);
	return store;
}
const both = () => [first.endpoint, second.endpoint];
const isCarriedBy = (proxy: TcpProxy) => proxy.connections > 0;

test('the first endpoint that answers stays: no other is ever dialled, and nothing is dialled twice', async () => {
	const store = connect(both());
	for (let n = 0; n < 20; n += 1) await store.read(['a', 'b']);
	await store.grant('100', 30);
	await store.openKeepalive(keepaliveLog().listener);
	await store.openWatch([['a']], watchLog().listener);
	await store.revoke('100');
	expect([first.accepted, second.accepted]).toEqual([1, 0]);
});

test('reads that travel together share the connection', async () => {
	const store = connect(both());
	await store.read(['a']);
	await Promise.all(Array.from({ length: 8 }, () => store.read(['a', 'b'])));
	expect([first.accepted, second.accepted]).toEqual([1, 0]);
});

test('reads that travel together dial together, when the connection falls silent under them', async () => {
	const store = connect([first.endpoint], { callTimeoutMs: 1_000, dialTimeoutMs: 3_000 });
	await store.read(['a']);
	await first.mode('blackhole');
	const reads = await Promise.allSettled(Array.from({ length: 8 }, () => store.read(['a', 'b'])));
	expect(reads.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'rejected'));
	// One alone dials after 300 ms and then each 500 ms; those that were cut by the time-out may do so once
	// more.
	expect(first.accepted).toBeLessThanOrEqual(1 + 10);
});

test('reads that travel together all end by the endpoint that answers one of them', async () => {
	const store = connect(both());
	await store.read(['a']);
	await first.mode('blackhole');
	await Promise.all(Array.from({ length: 8 }, () => store.read(['a', 'b'])));
	expect([first.accepted, second.accepted]).toEqual([1, 1]);
});

test('a silent first endpoint: the answer comes by the second, long before any deadline, and stays there', async () => {
	await first.mode('blackhole');
	const store = connect(both(), { callTimeoutMs: 20_000, dialTimeoutMs: 20_000 });
	const begun = performance.now();
	await store.read(['a']);
	// The deadlines are twenty seconds: what is proved is that none of them was waited for.
	expect(performance.now() - begun).toBeLessThan(10_000);
	expect(second.accepted).toBe(1);
	await until(() => !isCarriedBy(first));
	await store.grant('101', 30);
	await store.revoke('101');
	expect(second.accepted).toBe(1);
});

test('a grant beside the first read that went to a silent endpoint is let go when another wins', async () => {
	await first.mode('blackhole');
	const store = connect(both(), { callTimeoutMs: 20_000, dialTimeoutMs: 20_000 });
	const begun = performance.now();
	const reading = store.read(['a']);
	await expect(store.grant('102', 30)).rejects.toMatchObject({ name: 'StoreError', code: 'unreachable' });
	await reading;
	expect(performance.now() - begun).toBeLessThan(10_000);
	expect(await store.grant('102', 30)).toBe(30);
	await store.revoke('102');
});

test('a refused first endpoint: the second is asked at once', async () => {
	await first.mode('refuse');
	const store = connect(both());
	await store.read(['a']);
	expect(second.accepted).toBe(1);
});

test('every endpoint refused: the error says so, and is not waited for', async () => {
	const store = connect([`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`], {
		dialTimeoutMs: 60_000,
	});
	await expect(store.read(['a'])).rejects.toMatchObject({
		name: 'StoreError',
		code: 'unreachable',
		message: 'connection refused',
	});
});

test('every endpoint silent: the dial time-out bounds all attempts together, and all of them are closed', async () => {
	await Promise.all([first.mode('blackhole'), second.mode('blackhole')]);
	const store = connect(both(), { dialTimeoutMs: 1_200 });
	await expect(store.read(['a'])).rejects.toMatchObject({ name: 'StoreError', code: 'timeout' });
	expect(first.accepted).toBeGreaterThan(0);
	expect(second.accepted).toBeGreaterThan(0);
	// One at once, one after 300 ms, then one each 500 ms.
	expect(first.accepted + second.accepted).toBeLessThanOrEqual(4);
	await until(() => !isCarriedBy(first) && !isCarriedBy(second));
});

test('a connection that falls silent gets company by the next endpoint, and reads move there', async () => {
	const store = connect(both());
	await store.read(['a']);
	first.freezeExisting();
	await store.read(['a']);
	expect(second.accepted).toBe(1);
	await until(() => !isCarriedBy(first));
	await store.read(['a']);
	expect([first.accepted, second.accepted]).toEqual([1, 1]);
});

test('with one endpoint a connection that falls silent gets company by a fresh one', async () => {
	const store = connect([first.endpoint]);
	await store.read(['a']);
	first.freezeExisting();
	await store.read(['a']);
	expect(first.accepted).toBe(2);
	await until(() => first.connections === 1);
	await store.read(['a']);
	expect(first.accepted).toBe(2);
});

test('a stream on the silent connection outlives the move, and is known not to be current', async () => {
	const store = connect(both());
	await store.read(['a']);
	const log = keepaliveLog();
	const stream = await store.openKeepalive(log.listener);
	expect(store.isCurrent(stream)).toBe(true);
	// So slow that reads move on, and not dead.
	first.delay({ ms: 900 });
	await store.read(['a']);
	expect(store.isCurrent(stream)).toBe(false);
	await store.grant('103', 30);
	stream.request('103');
	await until(() => log.answers.length === 1);
	expect(log.answers).toEqual([['103', 30]]);
	expect(isCarriedBy(first)).toBe(true);
	stream.close();
	await until(() => !isCarriedBy(first));
	await store.revoke('103');
});

test('a broken connection ends its streams once, and the next read dials anew', async () => {
	const store = connect([first.endpoint]);
	await store.read(['a']);
	const [keepalive, watch] = [keepaliveLog(), watchLog()];
	await store.openKeepalive(keepalive.listener);
	await store.openWatch([['a']], watch.listener);
	await until(() => watch.opened);
	first.reset();
	await until(() => keepalive.ends.length === 1 && watch.ends.length === 1);
	await until(() => store.read(['a']));
	expect([keepalive.ends.length, watch.ends.length]).toEqual([1, 1]);
});

test('writes are never raced: one on a silent connection ends at its deadline, and was sent once', async () => {
	const store = connect(both(), { callTimeoutMs: 700 });
	await store.read(['a']);
	first.freezeExisting();
	await expect(store.write([put('/race/a', '1', '0')])).rejects.toMatchObject({
		name: 'StoreError',
		code: 'timeout',
	});
	expect(second.accepted).toBe(0);
	// The next read begins elsewhere, without waiting for the silent one.
	expect((await store.read(['/race/a'])).keys.get('/race/a')).toBeNull();
	expect(second.accepted).toBe(1);
});

test('etcd that is gone and comes back is found again by the next reads', async () => {
	const store = connect([first.endpoint]);
	await store.read(['a']);
	await first.mode('refuse');
	await expect(store.read(['a'])).rejects.toMatchObject({ code: 'unreachable' });
	await expect(store.read(['a'])).rejects.toMatchObject({ code: 'unreachable' });
	await first.mode('pass');
	await store.read(['a']);
});

test('closed, it leaves no connection, whatever was under way', async () => {
	await second.mode('blackhole');
	const store = connect([second.endpoint, first.endpoint], { callTimeoutMs: 20_000, dialTimeoutMs: 20_000 });
	const reading = store.read(['a']).catch((error: unknown) => error);
	const granting = store.grant('104', 30).catch((error: unknown) => error);
	store.close();
	expect(await reading).toMatchObject({ name: 'StoreError' });
	expect(await granting).toMatchObject({ name: 'StoreError' });
	await until(() => !isCarriedBy(first) && !isCarriedBy(second));
});
