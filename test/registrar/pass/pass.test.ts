import { describe, expect, test } from 'vitest';
import { aStage, lines, type Reconciling } from '../../support/memory/reconciling.js';

/** What a test does to etcd and to what is wanted, before the pass that is tested. */
interface Act {
	readonly sentence: string;
	/** The key as it stands before the pass; the process has registered `a` as `v` under its lease. */
	readonly spoil: (ours: Reconciling) => void;
	readonly wanted: string | null;
	readonly told: readonly string[];
	/** What stands there after it. */
	readonly value: string | null;
	readonly lease: 'the same' | 'a fresh one' | 'not ours';
}

/** A lease of this process that it no longer counts on, as one that came back. */
const older = (ours: Reconciling): string => {
	const lease = String(BigInt(ours.lease) + 50n);
	ours.etcd.grant(lease, 9);
	return lease;
};
const foreign = (ours: Reconciling): string => {
	ours.etcd.grant('4711', 9);
	return '4711';
};

describe('the table, row by row, for a process that had registered', () => {
	test.each<Act>([
		{
			sentence: 'absent and wanted: registered anew under a fresh lease',
			spoil: ({ etcd }) => etcd.delete('a'),
			wanted: 'v',
			told: ['repaired a absent'],
			value: 'v',
			lease: 'a fresh one',
		},
		{
			sentence: 'absent and not wanted: nothing',
			spoil: ({ etcd }) => etcd.delete('a'),
			wanted: null,
			told: [],
			value: null,
			lease: 'the same',
		},
		{
			sentence: 'under our lease and right: nothing',
			spoil: () => {},
			wanted: 'v',
			told: [],
			value: 'v',
			lease: 'the same',
		},
		{
			sentence: 'under our lease, another value wanted: rewritten',
			spoil: () => {},
			wanted: 'w',
			told: [],
			value: 'w',
			lease: 'the same',
		},
		{
			sentence: 'under our lease, somebody changed the value: rewritten',
			spoil: ({ etcd, lease }) => etcd.put('a', 'x', lease),
			wanted: 'v',
			told: ['repaired a value_drift'],
			value: 'v',
			lease: 'the same',
		},
		{
			sentence: 'under our lease and no longer wanted: removed',
			spoil: () => {},
			wanted: null,
			told: ['withdrawn a'],
			value: null,
			lease: 'the same',
		},
		{
			sentence: 'under an older lease of ours: moved to the current one',
			spoil: (ours) => ours.etcd.put('a', 'v', older(ours)),
			wanted: 'v',
			told: [],
			value: 'v',
			lease: 'the same',
		},
		{
			sentence: 'under an older lease of ours with another value: rewritten under the current one',
			spoil: (ours) => ours.etcd.put('a', 'x', older(ours)),
			wanted: 'v',
			told: ['repaired a value_drift'],
			value: 'v',
			lease: 'the same',
		},
		{
			sentence: 'under an older lease of ours and no longer wanted: removed',
			spoil: (ours) => ours.etcd.put('a', 'v', older(ours)),
			wanted: null,
			told: ['withdrawn a'],
			value: null,
			lease: 'the same',
		},
		{
			sentence: 'under no lease: adopted',
			spoil: ({ etcd }) => etcd.put('a', 'v'),
			wanted: 'v',
			told: ['repaired a no_lease'],
			value: 'v',
			lease: 'the same',
		},
		{
			sentence: 'under no lease with another value: adopted',
			spoil: ({ etcd }) => etcd.put('a', 'x'),
			wanted: 'v',
			told: ['repaired a no_lease'],
			value: 'v',
			lease: 'the same',
		},
		{
			sentence: 'under no lease and not wanted: left',
			spoil: ({ etcd }) => etcd.put('a', 'x'),
			wanted: null,
			told: [],
			value: 'x',
			lease: 'not ours',
		},
		{
			sentence: 'under a foreign lease: stood by',
			spoil: (ours) => ours.etcd.put('a', 'v', foreign(ours)),
			wanted: 'v',
			told: ['standing by a'],
			value: 'v',
			lease: 'not ours',
		},
		{
			sentence: 'under a foreign lease with another value: stood by',
			spoil: (ours) => ours.etcd.put('a', 'x', foreign(ours)),
			wanted: 'v',
			told: ['standing by a'],
			value: 'x',
			lease: 'not ours',
		},
		{
			sentence: 'under a foreign lease and not wanted: left',
			spoil: (ours) => ours.etcd.put('a', 'x', foreign(ours)),
			wanted: null,
			told: [],
			value: 'x',
			lease: 'not ours',
		},
	])('$sentence', async ({ spoil, wanted, told, value, lease }) => {
		const { etcd, start } = aStage();
		const ours = start();
		expect(lines(await ours.pass({ a: 'v' }))).toEqual(['registered a']);
		const first = ours.lease;
		spoil(ours);
		expect(lines(await ours.pass({ a: wanted }))).toEqual(told);
		const seen = etcd.get('a');
		expect(seen?.value ?? null).toBe(value);
		if (seen !== null && lease !== 'not ours') expect(seen.lease).toBe(ours.lease);
		if (seen !== null && lease === 'not ours') expect(seen.lease).not.toBe(ours.lease);
		expect(ours.lease === first).toBe(lease !== 'a fresh one');
		// Exactly one lease of ours, whatever happened.
		expect(etcd.leases.filter((id) => ours.leases.isOurs(id))).toEqual([ours.lease]);
		const revision = etcd.revision;
		expect(await ours.pass({ a: wanted })).toEqual([]);
		expect(etcd.revision).toBe(revision);
	});
});

test('in the steady state a pass is one read and nothing else', async () => {
	const ours = aStage().start();
	await ours.pass({ a: '1', b: '2' });
	const before = { ...ours.store.calls };
	for (let n = 0; n < 10; n += 1) await ours.pass({ a: '1', b: '2' });
	expect(ours.store.calls).toEqual({ ...before, read: before.read + 10 });
});

test('250 keys are read and written a hundred at a time', async () => {
	const ours = aStage().start();
	const wanted = Object.fromEntries(Array.from({ length: 250 }, (_, n) => [`k${n}`, 'v']));
	await ours.pass(wanted);
	expect(ours.store.calls).toMatchObject({ read: 3, write: 3, grant: 1 });
	expect(ours.etcd.count('k')).toBe(250);
	await ours.pass(wanted);
	expect(ours.store.calls).toMatchObject({ read: 6, write: 3, grant: 1 });
});

test('the first registration, a resume and a re-add are no repairs', async () => {
	const ours = aStage().start();
	expect(lines(await ours.pass({ a: 'v' }))).toEqual(['registered a']);
	expect(lines(await ours.pass({ a: null }))).toEqual(['withdrawn a']);
	expect(lines(await ours.pass({ a: 'v' }))).toEqual(['registered a']);
	expect(lines(await ours.pass({}))).toEqual(['withdrawn a']);
});

test('somebody who changes a key between read and write is seen, and the pass ends all the same', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({ a: 'v' });
	let times = 2;
	ours.store.before = (call) => {
		if (call === 'write' && times-- > 0) etcd.put('a', `x${times}`);
	};
	expect(lines(await ours.pass({ a: 'w' }))).toEqual(['repaired a no_lease']);
	expect(etcd.get('a')).toMatchObject({ value: 'w', lease: ours.lease });
});

test('somebody who never stops changing it costs a bounded number of reads', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({ a: 'v' });
	let n = 0;
	ours.store.before = (call) => {
		if (call === 'write') etcd.put('a', `x${n++}`);
	};
	const { read } = ours.store.calls;
	await expect(ours.pass({ a: 'w' })).rejects.toMatchObject({ code: 'unavailable' });
	expect(ours.store.calls.read - read).toBeLessThanOrEqual(5);
});

test('a chunk that fails leaves the others done, and the next pass goes on where it failed', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	const wanted = Object.fromEntries(Array.from({ length: 250 }, (_, n) => [`k${n}`, 'v']));
	ours.store.fault('write', 'unavailable');
	await expect(ours.pass(wanted)).rejects.toMatchObject({ code: 'unavailable' });
	expect(etcd.count('k')).toBe(150);
	expect(ours.told()).toHaveLength(150);
	expect(await ours.pass(wanted)).toHaveLength(100);
	expect(etcd.count('k')).toBe(250);
	expect(etcd.leases).toEqual([ours.lease]);
});

test('a write that was carried out and not answered is found done by the next pass', async () => {
	const { etcd, start } = aStage();
	const ours = start({ callTimeoutMs: 10 });
	ours.store.fault('write', 'lost');
	await expect(ours.pass({ a: 'v' })).rejects.toMatchObject({ code: 'timeout' });
	expect(etcd.get('a')?.value).toBe('v');
	const { write } = ours.store.calls;
	expect(lines(await ours.pass({ a: 'v' }))).toEqual(['registered a']);
	expect(ours.store.calls.write).toBe(write);
});
