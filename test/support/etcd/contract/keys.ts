/** What every store does with keys: consistent reads, guarded transactions, all or nothing. */
import { expect, test } from 'vitest';
import { type Clients, fresh, observed, put, remove } from './kit.js';

const MIB = 1024 * 1024;

export function contractOfKeys({ connect, putLarge }: Clients): void {
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
		const seen = await observed(store, key('a'));
		expect(seen?.value).toBe('1');
		const revision = seen?.modRevision ?? '';
		expect(await store.write([put(key('a'), '2', '0', revision)])).toBe(true);
		expect(await store.write([put(key('a'), '3', '0', revision)])).toBe(false);
		expect(await store.write([remove(key('a'), revision)])).toBe(false);
		const now = await observed(store, key('a'));
		expect(now?.value).toBe('2');
		expect(await store.write([remove(key('a'), now?.modRevision ?? '')])).toBe(true);
		expect(await observed(store, key('a'))).toBeNull();
	});

	test('a transaction is all or nothing, and one revision', async () => {
		const { key } = fresh();
		const store = await connect();
		await store.write([put(key('a'), '1', '0')]);
		const before = await store.read([key('a')]);
		expect(await store.write([put(key('b'), '1', '0'), put(key('a'), '2', '0')])).toBe(false);
		expect((await store.read([key('b')])).revision).toBe(before.revision);
		const guard = before.keys.get(key('a'))?.modRevision ?? '';
		expect(
			await store.write([put(key('b'), '1', '0'), remove(key('a'), guard), put(key('c'), '1', '0')]),
		).toBe(true);
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
		await expect(store.write([put(key('a'), '1', '0'), put(key('a'), '2', '0')])).rejects.toMatchObject({
			name: 'StoreError',
			code: 'invalid',
		});
		const many = Array.from({ length: 129 }, (_, n) => put(key(`k${n}`), '1', '0'));
		await expect(store.write(many)).rejects.toMatchObject({ name: 'StoreError', code: 'too-large' });
		await expect(store.read(many.map((write) => write.key))).rejects.toMatchObject({ code: 'too-large' });
		expect(await store.count(key(''))).toBe(0);
		expect(await store.write(many.slice(1))).toBe(true);
	});

	test('values that are together too large for one answer are refused; each alone can be read', async () => {
		const { key } = fresh();
		const store = await connect();
		const names = ['a', 'b', 'c'].map(key);
		for (const name of names) await store.write([put(name, 'v'.repeat(MIB * 1.4), '0')]);
		await expect(store.read(names)).rejects.toMatchObject({ name: 'StoreError', code: 'too-large' });
		expect((await observed(store, names[0] ?? ''))?.value?.length).toBe(Math.floor(MIB * 1.4));
		for (const name of names)
			await store.write([remove(name, (await observed(store, name))?.modRevision ?? '')]);
	});

	test('a value too large to be read at all: its key is read with its lease and revision, and can be put', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		await store.grant(lease, 60);
		await putLarge(key('a'), lease, MIB * 5);
		await expect(store.read([key('a'), key('b')])).rejects.toMatchObject({ code: 'too-large' });
		const seen = await observed(store, key('a'));
		expect(seen).toMatchObject({ value: null, lease });
		expect(await store.write([put(key('a'), '1', lease, seen?.modRevision)])).toBe(true);
		expect((await observed(store, key('a')))?.value).toBe('1');
		await store.revoke(lease);
	});

	test('more than this etcd takes in one request is refused as such', async () => {
		const { key } = fresh();
		const store = await connect();
		const write = put(key('a'), 'v'.repeat(MIB * 9), '0');
		await expect(store.write([write])).rejects.toMatchObject({ name: 'StoreError', code: 'too-large' });
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

	test('what stands below a prefix is counted, and nothing beside it', async () => {
		const { key, prefix } = fresh();
		const store = await connect();
		expect(await store.count(prefix)).toBe(0);
		await store.write([put(key('a'), '1', '0'), put(key('a/b'), '1', '0'), put(key('\u{10ffff}'), '1', '0')]);
		await store.write([put(`${prefix.slice(0, -1)}0`, '1', '0'), put(`${prefix.slice(0, -1)}`, '1', '0')]);
		expect(await store.count(prefix)).toBe(3);
	});
}
