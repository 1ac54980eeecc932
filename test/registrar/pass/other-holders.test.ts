import { expect, test, vi } from 'vitest';
import { OtherHolders } from '../../../src/registrar/pass/other-holders.js';
import { MemoryEtcd } from '../../support/memory/memory-etcd.js';
import { MemoryStore } from '../../support/memory/memory-store.js';
import { ManualClock } from '../../support/memory/reconciling.js';

/** Leases of others, each of so many seconds, and one process that observes them. */
async function observing(...ttls: number[]) {
	const clock = new ManualClock();
	const etcd = new MemoryEtcd(clock);
	const leases = ttls.map((ttl, at) => {
		etcd.grant(String(at), ttl);
		return String(at);
	});
	const store = new MemoryStore(etcd);
	await store.read(['connects']);
	const asked = vi.spyOn(store, 'timeToLive');
	const others = new OtherHolders(store, clock);
	const observed = async (which: readonly string[] = leases) => {
		asked.mockClear();
		const learnt = await others.observe(which);
		return { learnt, asked: asked.mock.calls.map(([lease]) => lease) };
	};
	return { clock, etcd, leases, others, observed };
}

test('before it was observed, and after one observation, nothing is known of a lease', async () => {
	const { others, observed } = await observing(9);
	expect(others.liveness('0')).toBe('unknown');
	expect(await observed()).toEqual({ learnt: true, asked: ['0'] });
	expect(others.liveness('0')).toBe('unknown');
});

test('it is observed again after a third of its TTL, and not before', async () => {
	const { clock, others, observed } = await observing(9);
	expect(others.nextInMs()).toBeNull();
	await observed();
	expect(others.nextInMs()).toBe(3_000);
	clock.advance(2_999);
	expect(await observed()).toEqual({ learnt: false, asked: [] });
	clock.advance(1);
	expect(await observed()).toEqual({ learnt: true, asked: ['0'] });
});

test('a lease that is renewed is alive, one that is not has expired', async () => {
	const { clock, etcd, others, observed } = await observing(9, 9);
	await observed();
	for (let third = 0; third < 2; third += 1) {
		clock.advance(3_000);
		etcd.renew('0');
		await observed();
	}
	expect(others.liveness('0')).toBe('alive');
	clock.advance(3_000);
	await observed();
	expect(others.liveness('1')).toBe('expired');
});

test('a lease that is gone has expired, and is asked for each second', async () => {
	const { etcd, others, observed } = await observing(9);
	etcd.revoke('0');
	await observed();
	expect(others.liveness('0')).toBe('expired');
	expect(others.nextInMs()).toBe(1_000);
});

test('what is due within 250 ms is observed together with what is due now; what comes later waits', async () => {
	const { clock, leases, observed } = await observing(9, 9, 9);
	await observed(['0']);
	clock.advance(250);
	await observed(['1']);
	clock.advance(1);
	await observed(['2']);
	clock.advance(2_749);
	expect(await observed(leases)).toEqual({ learnt: true, asked: ['0', '1'] });
	clock.advance(251);
	expect(await observed(leases)).toEqual({ learnt: true, asked: ['2'] });
});

test('the next observation is that of the lease due first, and no sooner than in 250 ms', async () => {
	const { clock, others, observed } = await observing(30, 9);
	await observed();
	expect(others.nextInMs()).toBe(3_000);
	clock.advance(2_000.5);
	expect(others.nextInMs()).toBe(1_000);
	clock.advance(900);
	expect(others.nextInMs()).toBe(250);
});

test('of more than 256 those that are due first are observed first, and the others are due at once', async () => {
	const { clock, leases, others, observed } = await observing(...Array.from({ length: 258 }, () => 9));
	const first = await observed();
	expect(first.asked).toEqual(leases.slice(0, 256));
	expect(others.nextInMs()).toBe(3_000);
	clock.advance(1);
	expect((await observed()).asked).toEqual(leases.slice(256));
	clock.advance(2_999);
	// The two that were observed last are due within 250 ms, and behind the others.
	expect((await observed([...leases].reverse())).asked.toSorted()).toEqual(leases.slice(0, 256).toSorted());
});

test('a lease that keeps nobody from a key any more is forgotten, and so is everything after a new history', async () => {
	const { others, observed } = await observing(9, 30);
	await observed();
	others.keepOnly(new Set(['1']));
	expect(others.nextInMs()).toBe(10_000);
	others.forget();
	expect(others.nextInMs()).toBeNull();
});
