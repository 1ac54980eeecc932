import { expect, test, vi } from 'vitest';
import { Streams } from '../../../src/registrar/loop/streams.js';
import { Leases } from '../../../src/registrar/pass/leases.js';
import { Memory } from '../../../src/registrar/pass/memory.js';
import { Counting } from '../../../src/registrar/report/counters.js';
import { MemoryEtcd } from '../../support/memory/memory-etcd.js';
import { MemoryStore } from '../../support/memory/memory-store.js';
import { fakeTime, seconds, within } from '../../support/memory/passing-time.js';

fakeTime();

/** What keeps the key `a`, between passes that the test makes: everything that it hints at is kept. */
async function keeping({ hints = true, manner = '3.4' as '3.4' | '3.5' } = {}) {
	const etcd = new MemoryEtcd(performance);
	const store = new MemoryStore(etcd, { manner });
	const wanted = new Map<string, string | null>([
		['a', 'v'],
		['gone', null],
	]);
	const services = [['a', 'gone']];
	const memory = new Memory();
	const counting = new Counting();
	const hinted: string[] = [];
	let isPassing = false;
	const leases = new Leases(store, 9, Math.random, (lease) => streams.granted(lease));
	const streams = new Streams({
		...{ store, clock: performance, hints, leases, memory, counting },
		wanted: () => wanted,
		groups: () => services,
		fleetPrefixes: () => new Set(),
		isPassing: () => isPassing,
		hint: (hint) => hinted.push(hint),
	});
	const pass = async () => {
		isPassing = true;
		await within(1, store.read(['a']));
		streams.answered();
		await within(1, leases.ensure(['a']));
		const lease = leases.of('a')?.id ?? '';
		if (etcd.get('a') === null) {
			etcd.put('a', 'v', lease);
			memory.registered('a', 'v', lease, performance.now());
		}
		await seconds(0.05);
		isPassing = false;
		streams.passed();
		await seconds(0.05);
		return lease;
	};
	return { etcd, store, memory, wanted, counting, hinted, leases, streams, pass };
}

test('a lease is renewed from its grant on, and how long it lives is known', async () => {
	const { etcd, leases, counting, pass, streams } = await keeping();
	const grantedMs = performance.now();
	const lease = await pass();
	expect(leases.endsMs(lease)).toBeGreaterThanOrEqual(grantedMs + 9_000);
	await seconds(30);
	expect(etcd.leases).toEqual([lease]);
	expect(counting.now().keepalives).toEqual({ ok: 11, failed: 0 });
	expect(leases.endsMs(lease)).toBeGreaterThan(performance.now() + 5_000);
	streams.stop();
});

test('a lease that is granted outside a pass is renewed, too', async () => {
	const { etcd, store, leases, streams } = await keeping();
	await within(1, store.read(['a']));
	await within(1, leases.ensure(['a']));
	await seconds(30);
	expect(etcd.leases).toHaveLength(1);
	streams.stop();
});

test('a lease that etcd took away is gone, and a pass comes early', async () => {
	const { etcd, leases, hinted, pass, streams } = await keeping();
	const lease = await pass();
	hinted.length = 0;
	etcd.revoke(lease);
	await seconds(4);
	expect(hinted).toEqual(['watch', 'lease_lost']);
	expect(leases.alive).toEqual([]);
	streams.stop();
});

test('a keepalive without an answer is counted, and a pass comes early', async () => {
	const { store, counting, hinted, pass, streams } = await keeping();
	await pass();
	hinted.length = 0;
	store.freeze();
	await seconds(9);
	expect(hinted).toContain('keepalive');
	expect(counting.now().keepalives.failed).toBeGreaterThan(0);
	streams.stop();
});

test('3.5: a lease that etcd refuses to renew is retired', async () => {
	const { etcd, store, leases, pass, streams } = await keeping({ manner: '3.5' });
	const lease = await pass();
	etcd.put('b', 'v', lease);
	store.denied.set('b', 'all');
	await seconds(4);
	expect(leases.current).toEqual([]);
	expect(leases.former).toEqual([lease]);
	streams.stop();
});

test('a watch that opens while a pass runs is no news, one that opens after it or again is', async () => {
	const { store, hinted, pass, streams } = await keeping();
	await pass();
	expect(hinted).toEqual([]);
	store.disconnect();
	expect(hinted).toEqual(['keepalive']);
	await within(1, store.read(['a']));
	streams.answered();
	await seconds(0.05);
	expect(hinted).toEqual(['keepalive', 'reconnected']);
	streams.stop();
});

test('the first watch that opens when no pass runs brings one: what happened before it nobody has seen', async () => {
	const { store, hinted, streams } = await keeping();
	await within(1, store.read(['a']));
	streams.answered();
	await seconds(0.05);
	expect(hinted).toEqual(['reconnected']);
	streams.stop();
});

test('a watch that ends after a while brings a pass, which alone opens the next', async () => {
	const { store, hinted, pass, streams } = await keeping();
	await pass();
	await seconds(2);
	store.disconnect();
	expect(hinted.toSorted()).toEqual(['keepalive', 'reconnected']);
	expect(store.calls.openWatch).toBe(1);
	streams.stop();
});

test.each<
	[what: string, hint: boolean, change: (parts: Awaited<ReturnType<typeof keeping>>, lease: string) => void]
>([
	['it was deleted', true, ({ etcd }) => etcd.delete('a')],
	['another value, without a lease', true, ({ etcd }) => etcd.put('a', 'x')],
	['another value under our lease', true, ({ etcd }, lease) => etcd.put('a', 'x', lease)],
	['our value without a lease', true, ({ etcd }) => etcd.put('a', 'v')],
	[
		'our value under the lease of somebody else',
		true,
		({ etcd }) => {
			etcd.grant('4711', 9);
			etcd.put('a', 'v', '4711');
		},
	],
	['what was verified, once more', false, ({ etcd }, lease) => etcd.put('a', 'v', lease)],
	[
		'what was sent a moment ago',
		false,
		({ etcd, memory }, lease) => {
			memory.sent('a', 'w');
			etcd.put('a', 'w', lease);
		},
	],
	['a key that is not wanted was put', false, ({ etcd }) => etcd.put('gone', 'x')],
	[
		'our key was deleted, which is not wanted any more',
		false,
		({ etcd, wanted }) => {
			wanted.set('a', null);
			etcd.delete('a');
		},
	],
])('what a watch tells of a key: %s (a pass comes early: %s)', async (_, isHint, change) => {
	const parts = await keeping();
	const lease = await parts.pass();
	parts.hinted.length = 0;
	change(parts, lease);
	await seconds(0.05);
	expect(parts.hinted).toEqual(isHint ? ['watch'] : []);
	parts.streams.stop();
});

test('a change of a key that was never verified brings a pass', async () => {
	const { etcd, memory, hinted, pass, streams } = await keeping();
	const lease = await pass();
	memory.keepOnly(new Set());
	etcd.put('a', 'v', lease);
	await seconds(0.05);
	expect(hinted).toEqual(['watch']);
	streams.stop();
});

test('without hints nothing is watched, and the lease is renewed all the same', async () => {
	const { etcd, store, pass, streams } = await keeping({ hints: false });
	await pass();
	await seconds(30);
	expect(store.calls.openWatch).toBe(0);
	expect(etcd.leases).toHaveLength(1);
	streams.stop();
});

test('good passes and no renewal for 0.7 of the TTL: the lease is replaced before it runs out', async () => {
	const { store, leases, pass, streams } = await keeping();
	await pass();
	await seconds(4);
	store.disconnect();
	vi.spyOn(store, 'openKeepalive').mockRejectedValue(new Error('answers nothing of the kind'));
	await pass();
	await seconds(6.2);
	streams.replaceUnrenewed();
	expect(leases.current).toHaveLength(1);
	await seconds(0.2);
	streams.replaceUnrenewed();
	expect(leases.current).toEqual([]);
	streams.stop();
});

test('a renewal, and a pass that fails, begin that time anew', async () => {
	const { store, leases, pass, streams } = await keeping();
	await pass();
	await seconds(20);
	streams.replaceUnrenewed();
	expect(leases.current).toHaveLength(1);
	store.disconnect();
	vi.spyOn(store, 'openKeepalive').mockRejectedValue(new Error('answers nothing of the kind'));
	await pass();
	streams.failed();
	await seconds(8);
	streams.replaceUnrenewed();
	expect(leases.current).toHaveLength(1);
	streams.stop();
});

test('where there is no lease, none is missed', async () => {
	const { store, leases, streams } = await keeping();
	await within(1, store.read(['a']));
	streams.passed();
	await seconds(20);
	await within(1, leases.ensure(['a']));
	streams.replaceUnrenewed();
	expect(leases.current).toHaveLength(1);
	streams.stop();
});

test('stopped, neither stream nor timer is left', async () => {
	const { store, pass, streams } = await keeping();
	await pass();
	streams.stop();
	expect(store.openStreams).toBe(0);
	// That of the lease in the etcd of this test.
	expect(vi.getTimerCount()).toBe(1);
});
