/** What every store does with keys that etcd denies us (facts: permissions by version). */
import { expect, test } from 'vitest';
import type { Store } from '../../../../src/registrar/ports.js';
import { until } from '../../until.js';
import { type Clients, fresh, keepaliveLog, observed, put, watchLog } from './kit.js';

const DENIED = { name: 'StoreError', code: 'permission-denied' };

export function contractOfPermissions({ connect, connectAs, manner }: Clients): void {
	/** A lease on which hang a key that we may write and one that we may not. */
	const shared = async () => {
		const { key, prefix, lease } = fresh();
		const rights = { allowed: [key('a'), key('b')], denied: [key('x')] };
		const root = await connect();
		const store = await connectAs(rights);
		await root.grant(lease, 30);
		await root.write([put(key('a'), '1', lease), put(key('x'), '1', lease)]);
		return { key, prefix, lease, root, store };
	};
	const revision = async (store: Store, key: string) => (await observed(store, key))?.modRevision ?? '0';

	test('a transaction that touches one denied key is denied as a whole', async () => {
		const { key, root, store } = await shared();
		await expect(store.read([key('x')])).rejects.toMatchObject(DENIED);
		await expect(store.read([key('a'), key('x')])).rejects.toMatchObject(DENIED);
		await expect(
			store.write([put(key('b'), '1', '0'), put(key('x'), '2', '0', await revision(root, key('x')))]),
		).rejects.toMatchObject(DENIED);
		expect(await observed(store, key('b'))).toBeNull();
		expect((await observed(root, key('x')))?.value).toBe('1');
		expect(await store.write([put(key('b'), '1', '0')])).toBe(true);
	});

	test('a count over a denied key is denied', async () => {
		const { prefix, store } = await shared();
		await expect(store.count(prefix)).rejects.toMatchObject(DENIED);
	});

	test('a lease that holds a denied key may be read and not revoked; by the version it can be renewed and used, or neither', async () => {
		const { key, lease, store } = await shared();
		expect(await store.timeToLive(lease)).toMatchObject({ grantedSeconds: 30 });
		await expect(store.revoke(lease)).rejects.toMatchObject(DENIED);
		const log = keepaliveLog();
		const stream = await store.openKeepalive(log.listener);
		stream.request(lease);
		const writing = store.write([put(key('b'), '1', lease)]).catch((error: unknown) => error);
		await until(() => log.answers.length + log.ends.length === 1);
		const isLenient = log.answers.length === 1;
		if (isLenient) expect(await writing).toBe(true);
		else for (const refusal of [await writing, log.ends[0]]) expect(refusal).toMatchObject(DENIED);
		if (manner() !== 'either') expect(isLenient).toBe(manner() === '3.4');
	});

	test('the allowed key moves to a fresh lease', async () => {
		const { key, lease, store } = await shared();
		const next = String(BigInt(lease) + 1n);
		await store.grant(next, 30);
		expect(await store.write([put(key('a'), '1', next, await revision(store, key('a')))])).toBe(true);
		await store.revoke(next);
	});

	test('a watch opens although some of its keys are denied, and tells of the others', async () => {
		const { key, root, store } = await shared();
		const [all, some] = [watchLog(), watchLog()];
		await store.openWatch([[key('x')]], all.listener);
		await store.openWatch([[key('x')], [key('a')]], some.listener);
		await until(() => all.opened === 1 && some.opened === 1);
		await root.write([put(key('x'), '2', '0', await revision(root, key('x')))]);
		await root.write([put(key('a'), '2', '0', await revision(root, key('a')))]);
		await until(() => some.told.length === 1);
		expect(some.told).toEqual([[key('a'), { type: 'put', value: '2', lease: null }]]);
		expect([all.told, all.ends, some.ends]).toEqual([[], [], []]);
	});

	test('a group whose range is denied is watched key by key', async () => {
		const { key, root, store } = await shared();
		const watch = watchLog();
		await store.openWatch([[key('a'), key('b'), key('x')]], watch.listener);
		await until(() => watch.opened);
		for (const name of ['x', 'b', 'a'])
			await root.write([put(key(name), '2', '0', await revision(root, key(name)))]);
		await until(() => watch.told.length === 2);
		expect(watch.told).toEqual(
			['b', 'a'].map((name) => [key(name), { type: 'put', value: '2', lease: null }]),
		);
		expect(watch).toMatchObject({ opened: 1, ends: [] });
	});
}
