import { expect, test } from 'vitest';
import { StoreError } from '../../../src/core/errors.js';
import { aStage, lines } from '../../support/memory/reconciling.js';

const wanting = (count: number): Record<string, string> =>
	Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));

for (const manner of ['3.4', '3.5'] as const) {
	test(`${manner}: a denied key is found by eighths and reported once, and the others stand`, async () => {
		const ours = aStage().start({ manner });
		ours.store.denied.set('k37', 'all');
		const facts = lines(await ours.pass(wanting(100)));
		expect(facts.filter((line) => line.startsWith('denied'))).toEqual(['denied k37']);
		expect(facts).toHaveLength(100);
		expect(ours.etcd.count('k')).toBe(99);
		// 100 keys, 8 times 13, 7 times 2, 2 times 1.
		expect(ours.store.calls.read).toBeLessThanOrEqual(1 + 8 + 7 + 2);
	});

	test(`${manner}: it is tried again at the tick only`, async () => {
		const ours = aStage().start({ manner });
		ours.store.denied.set('k1', 'all');
		await ours.pass(wanting(3));
		const { read } = ours.store.calls;
		for (let n = 0; n < 5; n += 1) expect(await ours.pass(wanting(3), false)).toEqual([]);
		expect(ours.store.calls.read).toBe(read + 5);
		expect(await ours.pass(wanting(3), true)).toEqual([]);
		expect(ours.store.calls.read).toBe(read + 7);
	});

	test(`${manner}: once it is allowed it is registered, at the next tick`, async () => {
		const ours = aStage().start({ manner });
		ours.store.denied.set('k1', 'all');
		await ours.pass(wanting(3));
		ours.store.denied.clear();
		expect(await ours.pass(wanting(3), false)).toEqual([]);
		expect(lines(await ours.pass(wanting(3), true))).toEqual(['registered k1']);
		expect(ours.etcd.leases).toEqual([ours.lease]);
		ours.store.denied.set('k1', 'all');
		expect(lines(await ours.pass(wanting(3)))).toEqual(['denied k1']);
	});

	test(`${manner}: a key that may be read and not written is told, and does not wear the others out`, async () => {
		const ours = aStage().start({ manner });
		ours.store.denied.set('k1', 'write');
		const facts = lines(await ours.pass(wanting(3)));
		expect(facts.toSorted()).toEqual(['denied k1', 'registered k0', 'registered k2']);
		const { lease } = ours;
		for (let n = 0; n < 5; n += 1) expect(await ours.pass(wanting(3))).toEqual([]);
		expect(ours.lease).toBe(lease);
		expect(ours.etcd.leases).toEqual([lease]);
		ours.store.denied.clear();
		expect(lines(await ours.pass(wanting(3)))).toEqual(['registered k1']);
	});

	test(`${manner}: many keys that may be read and not written are found out in one pass`, async () => {
		const ours = aStage().start({ manner });
		for (let n = 0; n < 100; n += 2) ours.store.denied.set(`k${n}`, 'write');
		const facts = lines(await ours.pass(wanting(100)));
		expect(facts.filter((line) => line.startsWith('denied'))).toHaveLength(50);
		expect(facts.filter((line) => line.startsWith('registered'))).toHaveLength(50);
		expect(ours.etcd.leases).toEqual([ours.lease]);
		expect(ours.store.calls.grant).toBeLessThanOrEqual(2);
	});

	test(`${manner}: a permission that is withdrawn while we run costs the other keys nothing`, async () => {
		const { etcd, start } = aStage();
		const ours = start({ manner });
		await ours.pass(wanting(3));
		const first = ours.lease;
		ours.store.denied.set('k1', 'all');
		expect(lines(await ours.pass(wanting(3)))).toEqual(['denied k1']);
		// What the keepalive reports, where the lease as a whole is denied.
		if (manner === '3.5') ours.leases.retire();
		await ours.pass(wanting(3));
		expect(etcd.get('k0')?.lease).toBe(ours.lease);
		expect(etcd.get('k2')?.lease).toBe(ours.lease);
		// The denied key still hangs on the first lease, which is not revoked under it and nobody renews.
		expect(etcd.leases.includes(first)).toBe(true);
		etcd.delete('k0');
		expect(lines(await ours.pass(wanting(3)))).toEqual(['repaired k0 absent']);
	});

	test(`${manner}: with every key denied the pass succeeds, and says so once`, async () => {
		const ours = aStage().start({ manner });
		for (const key of Object.keys(wanting(5))) ours.store.denied.set(key, 'all');
		expect(lines(await ours.pass(wanting(5))).toSorted()).toEqual(
			Object.keys(wanting(5)).map((key) => `denied ${key}`),
		);
		expect(await ours.pass(wanting(5))).toEqual([]);
	});
}

test('3.5: a lease denied because of one key: the others move to a fresh one in the same pass', async () => {
	const { etcd, start } = aStage();
	const ours = start({ manner: '3.5' });
	await ours.pass({ a: 'v', b: 'v' });
	const first = ours.lease;
	ours.store.denied.set('b', 'all');
	expect(lines(await ours.pass({ a: 'w', b: 'v' })).toSorted()).toEqual(['denied b']);
	expect(etcd.get('a')).toMatchObject({ value: 'w', lease: ours.lease });
	expect(ours.lease).not.toBe(first);
	expect(etcd.get('b')?.lease).toBe(first);
});

test('a denied key that is no longer wanted is reported once, and the rest goes on', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({ a: 'v', b: 'v' });
	ours.store.denied.set('b', 'write');
	expect(lines(await ours.pass({ a: 'v', b: null }))).toEqual(['denied b']);
	expect(await ours.pass({ a: 'v', b: null })).toEqual([]);
	expect(etcd.get('a')?.lease).toBe(ours.lease);
	ours.store.denied.clear();
	expect(lines(await ours.pass({ a: 'v', b: null }))).toEqual(['withdrawn b']);
});

test('hundreds of keys that stay denied cost a bounded number of tries at each tick', async () => {
	const ours = aStage().start();
	const wanted = wanting(400);
	for (let n = 0; n < 200; n += 1) ours.store.denied.set(`k${n * 2}`, 'all');
	await ours.pass(wanted);
	expect(ours.etcd.count('k')).toBe(200);
	const { read } = ours.store.calls;
	await ours.pass(wanted);
	expect(ours.store.calls.read - read).toBeLessThanOrEqual(4 + 100);
});

test('what was refused in this pass is not tried a second time in it', async () => {
	const { clock, start } = aStage();
	const ours = start();
	ours.store.denied.set('a', 'all').set('b', 'write');
	await ours.pass({ a: 'v' });
	expect(ours.store.calls.read).toBe(1);
	await ours.pass({ b: 'v' }, false);
	expect(ours.store.calls).toMatchObject({ read: 2, write: 1 });
	clock.advance(1);
	await ours.pass({ b: 'v' });
	expect(ours.store.calls).toMatchObject({ read: 3, write: 2 });
});

test('a conflict at a key that was denied ends it all: the other denied keys are not put any more', async () => {
	const { clock, etcd, start } = aStage();
	const ours = start({ policy: 'fail' });
	const wanted = { x: 'v', a: 'v', b: 'v' };
	ours.store.denied.set('a', 'all').set('b', 'all');
	await ours.pass({ x: 'v', a: 'v' });
	clock.advance(1);
	await ours.pass(wanted, false);
	// Another process takes the key that this one had, and is seen to be alive.
	etcd.grant('4711', 9);
	etcd.put('x', 'other', '4711');
	for (let third = 0; third < 3; third += 1) {
		await ours.pass(wanted, false);
		clock.advance(3_000);
		etcd.renew('4711');
		ours.renew();
	}
	etcd.put('a', 'other', '4711');
	ours.store.denied.clear();
	expect(lines(await ours.pass(wanted))).toEqual(['conflict a']);
	expect(etcd.contents).toEqual({ x: 'other', a: 'other' });
});

test('no more than half of them are tried at a tick, those tried longest ago first', async () => {
	const { clock, start } = aStage();
	const ours = start();
	const wanted = wanting(200);
	for (const key of Object.keys(wanted)) ours.store.denied.set(key, 'write');
	await ours.pass(wanted, false);
	const tried: string[][] = [];
	const { write } = ours.store;
	ours.store.write = (...args) => {
		tried.at(-1)?.push(...args[0].map(({ key }) => key));
		return write.apply(ours.store, args);
	};
	for (let tick = 0; tick < 3; tick += 1) {
		tried.push([]);
		clock.advance(9_000);
		await ours.pass(wanted);
	}
	expect(tried.map((keys) => new Set(keys).size)).toEqual([100, 100, 100]);
	expect(new Set([...(tried[0] ?? []), ...(tried[1] ?? [])]).size).toBe(200);
	expect(tried[2]?.toSorted()).toEqual(tried[0]?.toSorted());
});

test.each(['read', 'write'] as const)(
	'on a slow link keys that stay denied are begun for half an interval, not longer: each %s takes 100 ms',
	async (call) => {
		const { clock, start } = aStage();
		const ours = start();
		const wanted = wanting(400);
		for (const key of Object.keys(wanted)) ours.store.denied.set(key, call === 'read' ? 'all' : 'write');
		await ours.pass(wanted, false);
		const beganMs = clock.now();
		ours.store.before = (made) => void (made === call && clock.advance(100));
		await ours.pass(wanted);
		// One alone, and as often 32 together as were begun within 4.5 s.
		expect(clock.now() - beganMs).toBe((1 + 2 * 32) * 100);
	},
);

for (const manner of ['3.4', '3.5'] as const)
	test(`${manner}: a key that is not wanted any more and may not be deleted goes with its lease; the others move`, async () => {
		const { etcd, start } = aStage();
		const ours = start({ manner });
		await ours.pass({ a: 'v', b: 'v' });
		const first = ours.lease;
		ours.store.denied.set('b', 'all');
		await ours.pass({ a: 'v', b: 'v' });
		await ours.pass({ a: 'v', b: null });
		await ours.pass({ a: 'v', b: null });
		expect(etcd.get('a')?.lease).toBe(ours.lease);
		expect(ours.lease).not.toBe(first);
		expect(ours.leases.renewed.map(({ id }) => id)).toEqual([ours.lease]);
	});

for (const { wanted, cause, becomes } of [
	{ wanted: 2, cause: new StoreError('timeout', 'no answer'), becomes: 'good' },
	{ wanted: 1, cause: new StoreError('timeout', 'no answer'), becomes: 'failed' },
	{ wanted: 2, cause: new TypeError('a fault of our own'), becomes: 'failed' },
] as const) {
	const where = wanted === 2 ? 'beside a key that is well' : 'where every key is denied';
	test(`a retry that ends with ${cause.name} ${where}: the pass is ${becomes}`, async () => {
		const ours = aStage().start();
		ours.store.denied.set('k0', 'all');
		await ours.pass(wanting(wanted));
		let reads = 0;
		ours.store.before = (call) => {
			if (call === 'read' && ++reads === wanted) throw cause;
		};
		const outcome = ours.pass(wanting(wanted)).then(
			() => 'good',
			(error: unknown) => (error === cause ? 'failed' : error),
		);
		expect(await outcome).toBe(becomes);
	});
}

test('a denied key that is no longer wanted takes its lease with it: what else hangs there moves', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({ a: 'v', b: 'v' });
	const first = ours.lease;
	ours.store.denied.set('b', 'all');
	await ours.pass({ a: 'v', b: 'v' });
	expect(ours.lease).toBe(first);
	await ours.pass({ a: 'v', b: null });
	expect(etcd.get('a')?.lease).not.toBe(first);
	expect(ours.leases.renewed.map(({ id }) => id)).toEqual([etcd.get('a')?.lease]);
});

test('where nothing is wanted any more, a key is read as long as a lease is left', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({});
	expect(ours.store.calls.read).toBe(0);
	await ours.pass({ a: 'v' });
	await ours.pass({ a: null });
	ours.store.fault('revoke', 'timeout');
	await ours.pass({});
	const { read } = ours.store.calls;
	expect(etcd.leases).toHaveLength(1);
	await ours.pass({});
	expect(etcd.leases).toEqual([]);
	expect(ours.store.calls.read).toBe(read + 1);
	await ours.pass({});
	expect(ours.store.calls.read).toBe(read + 1);
});
