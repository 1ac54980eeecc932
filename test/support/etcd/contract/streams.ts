/** What every store does with keepalives and watches. */
import { expect, test } from 'vitest';
import { until } from '../../until.js';
import { type Clients, fresh, keepaliveLog, observed, put, remove, watchLog } from './kit.js';

export function contractOfStreams({ connect }: Clients): void {
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
		await store.openWatch([[key('a')], [key('b')]], watch.listener);
		await until(() => watch.opened);
		await other.grant(lease, 30);
		await other.write([put(key('ab'), '1', '0'), put(key('a'), '1', lease)]);
		await store.write([put(key('b'), '2', '0')]);
		await other.write([remove(key('b'), (await observed(other, key('b')))?.modRevision ?? '')]);
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

	test('a group of keys is watched as the range from its first to its last', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		const watch = watchLog();
		await store.openWatch([[key('b'), key('c'), key('d')], [key('f')]], watch.listener);
		await until(() => watch.opened);
		await store.grant(lease, 30);
		for (const name of ['a', 'b', 'bb', 'd', 'da', 'e', 'f', 'fa', 'b'])
			await store.write([put(key(name), name, lease, (await observed(store, key(name)))?.modRevision)]);
		await until(() => watch.told.length >= 5);
		expect(watch.told.map((told) => (told as [string])[0])).toEqual(['b', 'bb', 'd', 'f', 'b'].map(key));
		expect(watch).toMatchObject({ opened: 1, ends: [] });
		await store.revoke(lease);
	});

	test.each([
		['one group', (keys: string[]) => [keys]],
		['groups of one', (keys: string[]) => keys.map((key) => [key])],
	])('10,000 keys are watched, in %s', async (_sentence, grouped) => {
		const { key } = fresh();
		const store = await connect();
		const watch = watchLog();
		const keys = Array.from({ length: 10_000 }, (_, n) => key(String(n).padStart(5, '0')));
		const stream = await store.openWatch(grouped(keys), watch.listener);
		await until(() => watch.opened);
		for (const at of [0, 5_000, 9_999]) await store.write([put(keys[at] ?? '', '1', '0')]);
		await until(() => watch.told.length === 3);
		expect(watch).toMatchObject({ opened: 1, ends: [] });
		stream.close();
	});

	test('a closed watch is told nothing more', async () => {
		const { key } = fresh();
		const store = await connect();
		const [first, second] = [watchLog(), watchLog()];
		const stream = await store.openWatch([[key('a')]], first.listener);
		await store.openWatch([[key('a')]], second.listener);
		await until(() => first.opened && second.opened);
		stream.close();
		stream.close();
		await store.write([put(key('a'), '1', '0')]);
		await until(() => second.told.length === 1);
		expect(first).toMatchObject({ told: [], ends: [] });
	});

	test('streams run on the connection that the last read found', async () => {
		const { key } = fresh();
		const store = await connect();
		const keepalive = await store.openKeepalive(keepaliveLog().listener);
		const watch = await store.openWatch([[key('a')]], watchLog().listener);
		await store.read([key('a')]);
		expect([store.isCurrent(keepalive), store.isCurrent(watch)]).toEqual([true, true]);
		const other = await connect();
		expect([other.isCurrent(keepalive), other.isCurrent(watch)]).toEqual([false, false]);
	});
}
