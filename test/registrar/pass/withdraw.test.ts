import { expect, test, vi } from 'vitest';
import { type WithdrawOptions, withdrawAll } from '../../../src/registrar/pass/withdraw.js';
import { MemoryEtcd } from '../../support/memory/memory-etcd.js';
import { fakeTime, within } from '../../support/memory/passing-time.js';
import { lines, Reconciling, type ReconcilingOptions } from '../../support/memory/reconciling.js';

fakeTime();

const wanting = (count: number): Record<string, string> =>
	Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));

/** A process that has registered these keys, and its way out within five seconds. */
async function registered(wanted: Record<string, string>, options: ReconcilingOptions = {}) {
	const etcd = new MemoryEtcd(performance);
	const ours = new Reconciling(etcd, { callTimeoutMs: 100, ...options });
	await within(9, ours.pass(wanted));
	const facts: Parameters<WithdrawOptions['report']>[0][] = [];
	const withdraw = (patienceMs = 5_000) => {
		ours.leases.end();
		return withdrawAll({
			...{ store: ours.store, pass: ours.run, leases: ours.leases, clock: performance, random: () => 0.5 },
			wanted: new Map(Object.entries(wanted)),
			report: (fact) => facts.push(fact),
			untilMs: performance.now() + patienceMs,
		});
	};
	return { etcd, ours, withdraw, facts };
}

test('two leases: both are revoked at once, and each key is told once', async () => {
	const { etcd, ours, withdraw, facts } = await registered(wanting(501));
	expect(ours.leases.current).toHaveLength(2);
	expect(await within(1, withdraw())).toBe(true);
	expect(etcd.contents).toEqual({});
	expect(ours.store.calls).toMatchObject({ revoke: 2, write: 6, timeToLive: 0 });
	expect(lines(facts).toSorted()).toEqual(
		Object.keys(wanting(501))
			.map((key) => `withdrawn ${key}`)
			.toSorted(),
	);
});

test('a key that another process holds is not told as withdrawn, and stays', async () => {
	const { etcd, withdraw, facts, ours } = await registered({});
	etcd.grant('4711', 60);
	etcd.put('a', 'theirs', '4711');
	await within(1, ours.pass({ b: 'v' }));
	expect(await within(1, withdraw())).toBe(true);
	expect(facts).toEqual([]);
	expect(etcd.contents).toEqual({ a: 'theirs' });
});

test('who has nothing in etcd asks it for nothing', async () => {
	const { ours, withdraw } = await registered({});
	expect(await within(1, withdraw(0))).toBe(true);
	expect(ours.store.calls).toMatchObject({ revoke: 0, read: 0 });
});

test('etcd may refuse the revocation: the keys go by themselves, but for the denied one, which is told', async () => {
	const { etcd, ours, withdraw, facts } = await registered({ a: 'v', b: 'v', c: 'v' });
	ours.store.denied.set('b', 'all');
	expect(await within(1, withdraw())).toBe(false);
	expect(etcd.contents).toEqual({ b: 'v' });
	expect(ours.store.calls.revoke).toBe(1);
	expect(facts).toEqual([]);
	expect(lines(ours.told()).toSorted()).toEqual(['denied b', 'withdrawn a', 'withdrawn c']);
});

test('of two leases of which one may not be revoked, the other is, and no key of it is read', async () => {
	const { etcd, ours, withdraw } = await registered(wanting(501));
	ours.store.denied.set('k500', 'all');
	const read = vi.spyOn(ours.store, 'read');
	expect(await within(1, withdraw())).toBe(false);
	expect(etcd.contents).toEqual({ k500: 'v' });
	expect(new Set(read.mock.calls.flatMap(([keys]) => keys))).toEqual(new Set(['k500']));
});

test('a key that was denied before is tried once more on the way out', async () => {
	const { etcd, ours, withdraw } = await registered({ a: 'v', b: 'v' });
	ours.store.denied.set('b', 'write');
	await within(1, ours.pass({ a: 'v', b: 'w' }));
	const { write } = ours.store;
	ours.store.write = (...args) => {
		ours.store.denied.clear();
		return write.apply(ours.store, args);
	};
	await within(1, withdraw());
	expect(etcd.contents).toEqual({});
});

test.each(['unavailable', 'timeout', 'lost', 'hang', 'token-rejected', 'exhausted'] as const)(
	'a revocation that comes to nothing (%s) is tried again after a read has found a connection',
	async (fault) => {
		const { etcd, ours, withdraw, facts } = await registered({ a: 'v' });
		const { read } = ours.store.calls;
		ours.store.fault('revoke', fault);
		expect(await within(5, withdraw())).toBe(true);
		expect(etcd.leases).toEqual([]);
		expect(ours.store.calls.revoke).toBe(2);
		expect(ours.store.calls.read).toBe(read + 1);
		expect(lines(facts)).toEqual(['withdrawn a']);
	},
);

test('a refused read does not end it: revoking needs no permission on a key', async () => {
	const { etcd, ours, withdraw } = await registered({ a: 'v' });
	ours.store.fault('revoke', 'unavailable', 'unavailable');
	ours.store.fault('read', 'permission-denied', 'unavailable');
	expect(await within(5, withdraw())).toBe(true);
	expect(etcd.leases).toEqual([]);
});

test('with an etcd that is away it gives up when its time is over, and tries less and less often', async () => {
	const { etcd, ours, withdraw, facts } = await registered({ a: 'v' });
	ours.store.down = 'unavailable';
	const beganMs = performance.now();
	expect(await within(6, withdraw())).toBe(false);
	expect(performance.now() - beganMs).toBeLessThanOrEqual(5_050);
	// 50 + 100 + 200 ms, then 250 ms each.
	expect(ours.store.calls.revoke).toBeGreaterThan(15);
	expect(ours.store.calls.revoke).toBeLessThan(25);
	expect(facts).toEqual([]);
	expect(etcd.contents).toEqual({ a: 'v' });
});

test('without time left nothing is begun', async () => {
	const { ours, withdraw } = await registered({ a: 'v' });
	expect(await within(1, withdraw(0))).toBe(false);
	expect(ours.store.calls.revoke).toBe(0);
});
