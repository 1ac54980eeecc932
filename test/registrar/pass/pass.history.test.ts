import { expect, test } from 'vitest';
import { aStage, lines } from '../../support/memory/reconciling.js';

test('etcd wiped: the keys are put again under a fresh lease, and that is told', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({ a: 'v', b: 'v' });
	await ours.pass({ a: 'w', b: 'w' });
	const first = ours.lease;
	etcd.wipe();
	expect(lines(await ours.pass({ a: 'w', b: 'w' }))).toEqual([
		'history changed',
		'repaired a absent',
		'repaired b absent',
	]);
	expect(ours.lease).not.toBe(first);
	expect(etcd.leases).toEqual([ours.lease]);
	expect(await ours.pass({ a: 'w', b: 'w' })).toEqual([]);
});

test('another cluster in its place, whatever its revision: the same', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({ a: 'v' });
	etcd.wipe('2');
	for (let n = 0; n < 50; n += 1) etcd.put('z', String(n));
	expect(lines(await ours.pass({ a: 'v' }))).toEqual(['history changed', 'repaired a absent']);
	expect(etcd.leases).toEqual([ours.lease]);
});

test('a restored snapshot: keys on a lease of ours that came back move to the current one', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({ a: '1' });
	const first = ours.lease;
	const restore = etcd.snapshot();
	etcd.delete('a');
	await ours.pass({ a: '2' });
	await ours.pass({ a: '3' });
	restore();
	expect(etcd.get('a')).toMatchObject({ value: '1', lease: first });
	expect(lines(await ours.pass({ a: '3' }))).toEqual(['history changed', 'repaired a value_drift']);
	expect(etcd.get('a')).toMatchObject({ value: '3', lease: ours.lease });
	expect(etcd.leases).toEqual([ours.lease]);
});

test('a restored snapshot older than us: neither key nor lease is there, and it is a repair', async () => {
	const { etcd, start } = aStage();
	const restore = etcd.snapshot();
	const ours = start();
	await ours.pass({ a: 'v' });
	await ours.pass({ a: 'v' });
	restore();
	expect(lines(await ours.pass({ a: 'v' }))).toEqual(['history changed', 'repaired a absent']);
	expect(etcd.leases).toEqual([ours.lease]);
});

test('another holder in the restored past counts: who had the key waits until that lease expires', async () => {
	const { etcd, clock, start } = aStage();
	etcd.grant('4711', 9);
	etcd.put('a', 'x', '4711');
	const restore = etcd.snapshot();
	const ours = start();
	await ours.pass({ a: 'v' });
	await ours.pass({ a: 'w' });
	restore();
	expect(lines(await ours.pass({ a: 'w' }))).toEqual(['history changed', 'standing by a']);
	clock.advance(6_001);
	expect(lines(await ours.pass({ a: 'w' }))).toEqual(['repaired a foreign_lease']);
});

test('a snapshot from before our last write, restored before the next read: what was taken away does not come back', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({ a: 'v', b: 'v' });
	await ours.pass({ a: 'v', b: 'v' });
	const restore = etcd.snapshot();
	await ours.pass({ a: 'v', b: null });
	restore();
	expect(etcd.contents).toEqual({ a: 'v', b: 'v' });
	expect(lines(await ours.pass({ a: 'v' }))).toEqual(['history changed']);
	expect(etcd.contents).toEqual({ a: 'v' });
	expect(etcd.leases).toEqual([ours.lease]);
});
