import { expect, test } from 'vitest';
import { StoreError } from '../../../src/core/errors.js';
import { aStage, lines, type Reconciling } from '../../support/memory/reconciling.js';

const wanting = (count: number): Record<string, string> =>
	Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));

/** Of so many writes that travel together the last one comes to nothing. */
function failLast({ store }: Reconciling, count: number): void {
	const { write } = store;
	let writes = 0;
	store.write = (...args) => {
		writes += 1;
		if (writes === count) store.write = write;
		if (writes < count) return write.apply(store, args);
		return Promise.reject(new StoreError('unavailable', 'connection reset'));
	};
}

/** The leases of this process that exist in etcd. */
const oursIn = ({ etcd, leases }: Reconciling): string[] =>
	etcd.leases.filter((lease) => leases.isOurs(lease));

test('all keys hang on one lease', async () => {
	const ours = aStage().start();
	await ours.pass(wanting(250));
	expect(oursIn(ours)).toEqual([ours.lease]);
	expect(ours.etcd.keysOn(ours.lease)).toHaveLength(250);
});

test.each(['lost', 'unavailable', 'hang'] as const)(
	'a grant whose answer is missing (%s) is repeated under its ID',
	async (fault) => {
		const ours = aStage().start({ callTimeoutMs: 10, policy: 'wait' });
		ours.store.fault('grant', fault);
		await expect(ours.pass({ a: 'v' })).rejects.toMatchObject({ name: 'StoreError' });
		const asked = ours.leases.alive;
		expect(asked).toHaveLength(1);
		await ours.pass({ a: 'v' });
		expect([ours.lease]).toEqual(asked);
		expect(oursIn(ours)).toEqual([ours.lease]);
	},
);

test('a grant beside the first read whose answer is lost costs the pass nothing', async () => {
	const ours = aStage().start({ callTimeoutMs: 10 });
	ours.store.fault('grant', 'lost');
	expect(lines(await ours.pass({ a: 'v' }))).toEqual(['registered a']);
	expect(oursIn(ours)).toEqual([ours.lease]);
});

test.each(['unreachable', 'exhausted'] as const)(
	'a grant without an answer, whose repetition fails (%s), keeps its ID: it may have been granted',
	async (code) => {
		const ours = aStage().start({ policy: 'wait', callTimeoutMs: 10 });
		ours.store.fault('grant', 'lost', code);
		await expect(ours.pass({ a: 'v' })).rejects.toMatchObject({ code: 'timeout' });
		await expect(ours.pass({ a: 'v' })).rejects.toMatchObject({ code });
		expect(oursIn(ours)).toEqual(ours.leases.alive);
		await ours.pass({ a: 'v' });
		expect(oursIn(ours)).toEqual([ours.lease]);
	},
);

test('a grant that etcd refused leaves nothing to revoke', async () => {
	const ours = aStage().start({ policy: 'wait' });
	ours.store.fault('grant', 'exhausted');
	await expect(ours.pass({ a: 'v' })).rejects.toMatchObject({ code: 'exhausted' });
	expect(ours.leases.alive).toEqual([]);
});

test.each(['wait', 'fail'] as const)(
	'who may have to stand by (%s) asks for a lease only when there is something to put',
	async (policy) => {
		const { etcd, start } = aStage();
		etcd.grant('4711', 9);
		etcd.put('a', 'v', '4711');
		const ours = start({ policy });
		await ours.pass({ a: 'v' });
		expect(ours.store.calls.grant).toBe(0);
	},
);

test('who wants nothing asks for no lease', async () => {
	const ours = aStage().start();
	await ours.pass({ a: null });
	expect(ours.store.calls.grant).toBe(0);
});

test('the TTL that etcd granted counts, not the one that was asked for', async () => {
	const ours = aStage().start({ ttlSeconds: 1 });
	await ours.pass({ a: 'v' });
	expect(ours.leases.current[0]?.ttlSeconds).toBe(2);
});

test('a write refused because the lease is gone brings a fresh lease in the same pass', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({ a: 'v' });
	const first = ours.lease;
	ours.store.before = (call) => {
		if (call === 'write' && etcd.leases.includes(first)) etcd.revoke(first);
	};
	expect(lines(await ours.pass({ a: 'w' }))).toEqual(['repaired a absent']);
	expect(etcd.get('a')).toMatchObject({ value: 'w', lease: ours.lease });
	expect(ours.lease).not.toBe(first);
	expect(oursIn(ours)).toEqual([ours.lease]);
});

test('the only key gone: a fresh lease, and the old one is revoked', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({ a: 'v' });
	const first = ours.lease;
	etcd.delete('a');
	await ours.pass({ a: 'v' });
	expect(ours.lease).not.toBe(first);
	expect(etcd.leases).toEqual([ours.lease]);
	expect(ours.leases.former).toEqual([]);
});

test('one of several gone: it is put under the lease on which the others hang', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass(wanting(3));
	const { lease, store } = ours;
	const { write } = store.calls;
	etcd.delete('k1');
	expect(lines(await ours.pass(wanting(3)))).toEqual(['repaired k1 absent']);
	expect(ours.lease).toBe(lease);
	expect(store.calls).toMatchObject({ grant: 1, write: write + 1, revoke: 0 });
	expect(etcd.keysOn(lease)).toHaveLength(3);
});

test('a key that is added, or wanted again, goes under the lease that is there', async () => {
	const ours = aStage().start();
	await ours.pass({ a: 'v' });
	const { lease } = ours;
	await ours.pass({ a: 'v', b: 'v' });
	await ours.pass({ a: null, b: 'v' });
	await ours.pass({ a: 'v', b: 'v' });
	await ours.pass({ a: null, b: null });
	await ours.pass({ a: 'v', b: null });
	expect(ours.lease).toBe(lease);
	expect(ours.store.calls.grant).toBe(1);
});

test('a key that its other owner left goes under the lease that is there', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({ a: 'v' });
	const { lease } = ours;
	etcd.grant('4711', 9);
	etcd.put('a', 'x', '4711');
	expect(lines(await ours.pass({ a: 'v' }))).toEqual(['standing by a']);
	etcd.revoke('4711');
	expect(lines(await ours.pass({ a: 'v' }))).toEqual(['repaired a absent']);
	expect(ours.lease).toBe(lease);
});

test('values that stay are never put again when the lease changes its keys', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass(wanting(3));
	const revisions = () => ['k0', 'k2'].map((key) => etcd.get(key)?.modRevision);
	const before = revisions();
	etcd.delete('k1');
	await ours.pass(wanting(3));
	expect(revisions()).toEqual(before);
});

test('a lease that is renewed no more: absent keys first, then the others moved, then the old one revoked after another read', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass(wanting(250));
	const first = ours.lease;
	// What a keepalive that is denied does.
	ours.leases.retire();
	etcd.delete('k249');
	const order: string[] = [];
	ours.store.before = (call) => {
		const onFirst = etcd.keysOn(first).length;
		order.push(call === 'read' || call === 'write' || call === 'revoke' ? `${call} ${onFirst}` : call);
	};
	expect(lines(await ours.pass(wanting(250)))).toEqual(['repaired k249 absent']);
	const all = Array.from({ length: 3 });
	expect(order.slice(0, 4)).toEqual([...all.map(() => 'read 249'), 'grant']);
	expect(order.slice(4, 7).every((call) => call.startsWith('write'))).toBe(true);
	expect(order.slice(7)).toEqual([...all.map(() => 'read 0'), 'revoke 0']);
	expect(oursIn(ours)).toEqual([ours.lease]);
});

test('a move that fails half-way goes on in the next pass, and the old lease stays until nothing hangs on it', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass(wanting(250));
	const first = ours.lease;
	ours.leases.retire();
	failLast(ours, 3);
	await expect(ours.pass(wanting(250))).rejects.toMatchObject({ code: 'unavailable' });
	expect(etcd.keysOn(first)).toHaveLength(50);
	expect(etcd.leases).toContain(first);
	await ours.pass(wanting(250));
	expect(oursIn(ours)).toEqual([ours.lease]);
	expect(etcd.keysOn(ours.lease)).toHaveLength(250);
});

test.each(['unavailable', 'permission-denied', 'lost'] as const)(
	'a revocation that fails (%s) does not fail the pass and is tried again',
	async (fault) => {
		const { etcd, start } = aStage();
		const ours = start({ callTimeoutMs: 10 });
		await ours.pass({ a: 'v' });
		etcd.delete('a');
		ours.store.fault('revoke', fault);
		await ours.pass({ a: 'v' });
		expect(ours.leases.former).toHaveLength(1);
		await ours.pass({ a: 'v' });
		expect(ours.leases.former).toEqual([]);
		expect(oursIn(ours)).toEqual([ours.lease]);
	},
);

test('after a thousand heals exactly one lease of ours exists', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass(wanting(2));
	for (let n = 0; n < 1_000; n += 1) {
		const harm = [
			() => etcd.delete('k0'),
			() => {
				etcd.delete('k0');
				etcd.delete('k1');
			},
			() => etcd.revoke(ours.lease),
			() => etcd.put('k1', 'x'),
			() => ours.leases.retire(),
		];
		harm[n % harm.length]?.();
		await ours.pass(wanting(2));
	}
	expect(oursIn(ours)).toEqual([ours.lease]);
	expect(etcd.leases).toHaveLength(1);
	expect(ours.leases.alive).toEqual([ours.lease]);
	expect(etcd.keysOn(ours.lease)).toEqual(['k0', 'k1']);
});

test('a lease that ran out during an outage and came back with our key is recognised, and the key moved off it', async () => {
	const { etcd, start } = aStage();
	const ours = start();
	await ours.pass({ a: 'v' });
	const first = ours.lease;
	ours.leases.gone(first);
	// etcd came back and gives the lease its full TTL once more (FACTS: etcd3, rule 7).
	expect(await ours.pass({ a: 'v' })).toEqual([]);
	expect(etcd.get('a')?.lease).toBe(ours.lease);
	expect(ours.lease).not.toBe(first);
	expect(oursIn(ours)).toEqual([ours.lease]);
});
