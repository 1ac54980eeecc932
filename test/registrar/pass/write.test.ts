import { expect, test, vi } from 'vitest';
import type { Fact } from '../../../src/registrar/pass/facts.js';
import { Leases } from '../../../src/registrar/pass/leases.js';
import { Memory } from '../../../src/registrar/pass/memory.js';
import type { PlannedWrite } from '../../../src/registrar/pass/plan.js';
import { Writer } from '../../../src/registrar/pass/write.js';
import { MemoryEtcd } from '../../support/memory/memory-etcd.js';
import { MemoryStore, type MemoryStoreOptions } from '../../support/memory/memory-store.js';
import { lines, ManualClock } from '../../support/memory/reconciling.js';

const put = (key: string, value = 'v', ifModRevision = '0'): PlannedWrite => ({
	...{ op: 'put', key, value, ifModRevision },
	reason: ifModRevision === '0' ? 'absent' : 'value_drift',
});
const del = (key: string, ifModRevision: string): PlannedWrite => ({ op: 'delete', key, ifModRevision });
const puts = (count: number) => Array.from({ length: count }, (_, n) => put(`k${n}`));

async function writing(options: MemoryStoreOptions = {}) {
	const clock = new ManualClock();
	const etcd = new MemoryEtcd(clock);
	const store = new MemoryStore(etcd, { callTimeoutMs: 20, ...options });
	await store.read(['connects']);
	const leases = new Leases(store, 9, Math.random);
	const memory = new Memory();
	const facts: Fact[] = [];
	const writer = new Writer(store, leases, memory, clock, (fact) => facts.push(fact));
	const sent = vi.spyOn(store, 'write');
	/** What a pass wants is what it writes, unless a test says otherwise. */
	const write = async (
		writes: readonly PlannedWrite[],
		{
			apart = false,
			wanted = wantedBy(writes),
			signal,
		}: { apart?: boolean; wanted?: Wanting; signal?: AbortSignal } = {},
	) => {
		sent.mockClear();
		return [...(await writer.write(writes, { wanted: () => wanted, apart, signal }))];
	};
	const sizes = () => sent.mock.calls.map(([writes]) => writes.length);
	const told = () => lines(facts.splice(0));
	return { etcd, store, leases, memory, writer, write, sizes, told, sent };
}

type Wanting = Map<string, string | null>;
const wantedBy = (writes: readonly PlannedWrite[]): Wanting =>
	new Map(writes.map((write) => [write.key, write.op === 'put' ? write.value : null]));

test('who only deletes asks for no lease, also when no lease may be granted any more', async () => {
	const { etcd, store, leases, write, told, memory } = await writing();
	etcd.put('a', 'v');
	leases.end();
	expect(await write([del('a', etcd.revision)])).toEqual([]);
	expect(etcd.contents).toEqual({});
	expect(store.calls.grant).toBe(0);
	expect(told()).toEqual(['withdrawn a']);
	expect(memory.of('a')).toMatchObject({ state: { is: 'withdrawn' }, sent: null });
});

test('nothing to write is no call', async () => {
	const { store, write } = await writing();
	expect(await write([])).toEqual([]);
	expect(store.calls).toMatchObject({ grant: 0, write: 0 });
});

test('a transaction that was carried out counts, one that its guard refused does not', async () => {
	const { etcd, write, writer, told, memory } = await writing();
	expect(await write([put('a')])).toEqual([]);
	expect(writer.commits).toBe(1n);
	etcd.put('b', 'theirs');
	expect(await write([put('b')])).toEqual(['b']);
	expect(writer.commits).toBe(1n);
	expect(told()).toEqual(['registered a']);
	expect([memory.isVerified('a'), memory.isVerified('b')]).toEqual([true, false]);
});

test('what was withdrawn while its transaction waited is not put, and looked at once more', async () => {
	const { etcd, write } = await writing();
	const wanted: Wanting = new Map([
		['a', 'v'],
		['b', null],
		['c', 'other'],
	]);
	expect(await write([put('a'), put('b'), put('c')], { wanted })).toEqual(['b', 'c']);
	expect(etcd.contents).toEqual({ a: 'v' });
	expect(await write([put('b')], { wanted })).toEqual(['b']);
});

test('a key to delete and one to put travel together; without a lease neither does', async () => {
	const { etcd, leases, store, write, sizes } = await writing();
	etcd.put('old', 'v');
	expect(await write([put('a'), del('old', etcd.revision)])).toEqual([]);
	expect(sizes()).toEqual([2]);
	expect(etcd.contents).toEqual({ a: 'v' });
	etcd.put('old', 'v');
	const { ensure } = leases;
	leases.ensure = async (...args) => {
		await ensure.apply(leases, args);
		leases.retire();
	};
	expect(await write([put('b'), del('old', etcd.revision)])).toEqual(['b', 'old']);
	expect(sizes()).toEqual([]);
	expect(store.calls.grant).toBe(1);
	expect(etcd.contents).toEqual({ a: 'v', old: 'v' });
});

test('a lease that etcd does not know is gone, and its keys are looked at once more', async () => {
	const { etcd, leases, write } = await writing();
	await write([put('a')]);
	etcd.revoke(leases.of('a')?.id ?? '');
	expect(await write([put('a'), put('b')])).toEqual(['a', 'b']);
	expect(leases.alive).toEqual([]);
	expect(etcd.contents).toEqual({});
});

test.each([
	[false, 8, 100],
	[true, 32, 1],
] as const)('apart: %s: so many transactions at once: %s, of so many keys: %s', async (apart, most, keys) => {
	const { store, write, sizes } = await writing();
	const [send, atOnce] = [store.write.bind(store), [] as number[]];
	let running = 0;
	store.write = async (...args) => {
		running += 1;
		atOnce.push(running);
		return send(...args).finally(() => {
			running -= 1;
		});
	};
	await write(puts(1_000), { apart });
	expect(Math.max(...atOnce)).toBe(most);
	expect(new Set(sizes())).toEqual(new Set([keys]));
	expect(atOnce).toHaveLength(1_000 / keys);
});

test('a key that is too large by itself is denied; the lease of the others is good', async () => {
	const { etcd, leases, memory, write, told } = await writing({ limits: { requestBytes: 1_000 } });
	await write([put('a')]);
	told();
	const before = leases.current;
	expect(await write([put('large', 'x'.repeat(2_000)), put('b')])).toEqual([]);
	expect(memory.of('large').state).toMatchObject({ is: 'denied', why: 'too-large' });
	expect(told()).toEqual(expect.arrayContaining(['denied large', 'registered b']));
	expect(leases.current).toEqual(before);
	expect(Object.keys(etcd.contents)).toEqual(['a', 'b']);
});

test('keys that were too large together travel in smaller transactions, until they are forgotten', async () => {
	const { etcd, writer, write, sizes } = await writing({ limits: { requestBytes: 250 } });
	const rewrites = () =>
		puts(4).map((one) => put(one.key, 'x'.repeat(100), etcd.get(one.key)?.modRevision ?? '0'));
	await write(rewrites());
	expect(sizes()).toEqual([4, 2, 2]);
	await write(rewrites());
	expect(sizes()).toEqual([2, 2]);
	writer.keepOnly(new Set());
	await write(rewrites());
	expect(sizes()).toEqual([4, 2, 2]);
});

test('keys and their guards count twice, the value once: large ones travel in transactions of 512 KiB', async () => {
	const { write, sizes } = await writing();
	const longKeys = Array.from({ length: 4 }, (_, n) => put(`${n}${'k'.repeat(130 * 1_024)}`, ''));
	await write(longKeys);
	expect(sizes()).toEqual([1, 1, 1, 1]);
	await write(longKeys.map(({ key }) => put(`x${key.slice(0, 40 * 1_024)}`, 'x'.repeat(100 * 1_024))));
	expect(sizes()).toEqual([2, 2]);
});

test('the first refusal under a lease with verified keys puts the lease under suspicion', async () => {
	const { store, leases, memory, write, told } = await writing();
	await write([put('a')]);
	told();
	const [first] = leases.current;
	store.denied.set('b', 'write');
	expect(await write([put('b')])).toEqual(['b']);
	expect(leases.former).toEqual([first?.id]);
	// Under a fresh lease it is refused by itself.
	expect(await write([put('b')])).toEqual([]);
	expect(memory.of('b').state).toMatchObject({ is: 'denied', why: 'permission-denied' });
	expect(told()).toEqual(['denied b']);
});

type Parts = Awaited<ReturnType<typeof writing>>;

test.each<[what: string, before: (parts: Parts) => void, writes: PlannedWrite[], apart?: boolean]>([
	['alone, apart', () => {}, [put('b')], true],
	['beside one that went well', () => {}, [put('b'), put('c')]],
	['denied before', ({ memory }) => memory.refused('b', 'permission-denied', 1), [put('b')]],
	['a deletion', ({ etcd }) => etcd.put('b', 'v'), [del('b', '3')]],
	['nothing verified under it', ({ memory }) => memory.withdrawn('a'), [put('b')]],
	['verified under another only', ({ memory }) => memory.registered('a', 'v', '4711', 1), [put('b')]],
])('a refusal that casts no suspicion on the lease: %s', async (_, before, writes, apart = false) => {
	const parts = await writing();
	await parts.write([put('a')]);
	const leases = parts.leases.current;
	before(parts);
	parts.store.denied.set('b', 'write');
	await parts.write(writes, { apart });
	expect(parts.leases.current).toEqual(leases);
	expect(parts.memory.of('b').state).toMatchObject({ is: 'denied' });
});
