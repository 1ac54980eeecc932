import { afterEach, expect, test, vi } from 'vitest';
import { StoreError } from '../../../src/core/errors.js';
import { Reader } from '../../../src/registrar/pass/read.js';
import { aKeeping, KEY } from '../../support/memory/keeping.js';
import { aStage } from '../../support/memory/reconciling.js';

const wanting = (count: number): Record<string, string> =>
	Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));

afterEach(() => {
	vi.useRealTimers();
});

test('a lease that is lost between two chunks: no key is ever put without a lease', async () => {
	const ours = aStage().start();
	let writes = 0;
	ours.store.after = (call) => {
		if (call === 'write' && ++writes === 1) {
			ours.etcd.revoke(ours.lease);
			ours.leases.gone(ours.lease);
		}
	};
	const leaseless: string[] = [];
	ours.etcd.watch((key, change) => {
		if (change.type === 'put' && change.lease === null) leaseless.push(key);
	});
	await ours.pass(wanting(250));
	expect(leaseless).toEqual([]);
	expect(ours.etcd.keysOn(ours.lease)).toHaveLength(250);
});

test('the answer to a grant that comes after its lease was replaced changes nothing', async () => {
	const ours = aStage().start();
	ours.store.fault('read', 'unavailable');
	let first: Promise<unknown> = Promise.resolve();
	const { grant } = ours.store;
	let answer: (ttl: number) => void = () => {};
	ours.store.grant = (lease, ttl, signal) => {
		ours.store.grant = grant;
		void grant.call(ours.store, lease, ttl, signal);
		return new Promise((resolve) => {
			answer = resolve;
		});
	};
	first = ours.pass({ a: 'v' }).catch(() => undefined);
	await first;
	await ours.pass({ a: 'v' });
	ours.leases.retire();
	await ours.pass({ a: 'v' });
	const { lease } = ours;
	answer(9);
	await new Promise((resolve) => setImmediate(resolve));
	expect(ours.lease).toBe(lease);
	expect(ours.etcd.get('a')?.lease).toBe(lease);
});

test('an answer that is too large is asked for in halves', async () => {
	const { etcd, start } = aStage();
	const { store } = start();
	for (let n = 0; n < 8; n += 1) etcd.put(`k${n}`, 'v');
	const { read } = store;
	store.read = async (keys, signal) => {
		if (keys.length > 2) throw new StoreError('too-large', 'Received message larger than max');
		return await read.call(store, keys, signal);
	};
	const result = await new Reader(store).read(Object.keys(wanting(8)), {
		bytesOf: () => 1,
		refused: () => expect.unreachable(),
		answered: () => {},
	});
	expect(result.keys.size).toBe(8);
});

test('another holder whose lease lasts for years is observed no more often for that', async () => {
	vi.useFakeTimers();
	const { registrar, etcd, store } = aKeeping({ onConflict: 'wait' });
	etcd.grant('4711', 9_000_000_000);
	etcd.put(KEY, 'x', '4711');
	await registrar.start();
	await vi.advanceTimersByTimeAsync(10_000);
	expect(store.calls.read).toBeLessThan(20);
	const stopping = registrar.stop();
	await vi.advanceTimersByTimeAsync(6_000);
	await stopping;
});

test('a service removed while etcd was away: its key goes although its put was never confirmed', async () => {
	vi.useFakeTimers();
	const { registrar, etcd, store } = aKeeping();
	await registrar.start();
	await vi.advanceTimersByTimeAsync(100);
	store.fault('write', 'lost');
	const adding = registrar.add({ name: 'pay', addr: '10.0.0.5:81' });
	await vi.advanceTimersByTimeAsync(1_000);
	store.down = 'unavailable';
	await vi.advanceTimersByTimeAsync(2_000);
	await adding;
	expect(Object.keys(etcd.contents)).toContain('/ns/pay/10.0.0.5:81');
	const removing = registrar.remove('pay', '10.0.0.5:81');
	await vi.advanceTimersByTimeAsync(2_000);
	await removing;
	store.down = null;
	await vi.advanceTimersByTimeAsync(3_000);
	expect(Object.keys(etcd.contents)).toEqual([KEY]);
	const stopping = registrar.stop();
	await vi.advanceTimersByTimeAsync(6_000);
	await stopping;
});

test('no transaction is larger than 512 KiB, in whatever script the values are written', async () => {
	const ours = aStage().start();
	const { write } = ours.store;
	const sent: number[] = [];
	ours.store.write = (writes, signal) => {
		sent.push(Buffer.byteLength(JSON.stringify(writes)));
		return write.call(ours.store, writes, signal);
	};
	await ours.pass(Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`k${n}`, '漢'.repeat(40_000)])));
	expect(sent.length).toBeGreaterThan(1);
	expect(Math.max(...sent)).toBeLessThan(512 * 1024);
});

test('where the count of the fleet is denied, our own number counts: many keys give etcd time after an event', async () => {
	vi.useFakeTimers();
	const services = Array.from({ length: 300 }, (_, n) => ({ addr: `10.0.0.5:${n + 1}` }));
	const { registrar, etcd, store } = aKeeping({ services, random: () => 0.999 });
	store.denied.set('/ns/other', 'all');
	await registrar.start();
	await vi.advanceTimersByTimeAsync(1_000);
	etcd.delete('/ns/user/10.0.0.5:1');
	await vi.advanceTimersByTimeAsync(150);
	expect('/ns/user/10.0.0.5:1' in etcd.contents).toBe(false);
	await vi.advanceTimersByTimeAsync(150);
	expect('/ns/user/10.0.0.5:1' in etcd.contents).toBe(true);
	const stopping = registrar.stop();
	await vi.advanceTimersByTimeAsync(6_000);
	await stopping;
});

test.each([
	[1, 1_000],
	[5, 5_000],
	[5, 2_000],
])(
	'a TTL of %i s and calls of %i ms: passes that hang begin often enough for the loop to be seen to turn',
	async (ttlSeconds, callTimeoutMs) => {
		vi.useFakeTimers();
		const { registrar, store, schedule } = aKeeping({ ttlSeconds, callTimeoutMs });
		const begunMs: number[] = [];
		store.read = (_keys, signal) => {
			begunMs.push(performance.now());
			return new Promise((_, reject) =>
				signal?.addEventListener('abort', () => reject(new StoreError('aborted', 'stopped'))),
			);
		};
		await registrar.start();
		for (let seconds = 0; seconds < 60; seconds += ttlSeconds) {
			await vi.advanceTimersByTimeAsync(ttlSeconds * 1_000);
			schedule.tick();
		}
		const gaps = begunMs.slice(1).map((ms, n) => ms - (begunMs[n] ?? 0));
		expect(gaps.length).toBeGreaterThan(3);
		// Live is who began a pass within three intervals; timers and probes are late at times.
		expect(Math.max(...gaps)).toBeLessThan(2.9 * ttlSeconds * 1_000);
		const stopping = registrar.stop();
		await vi.advanceTimersByTimeAsync(6_000);
		await stopping;
	},
);

test.each(['read', 'grant'] as const)(
	'stopped while a pass that finds the key gone is at its %s: it is not registered once more',
	async (call) => {
		vi.useFakeTimers();
		const { registrar, etcd, store, schedule, names } = aKeeping({ hints: false });
		await registrar.start();
		await vi.advanceTimersByTimeAsync(1_000);
		etcd.delete(KEY);
		const puts: string[] = [];
		etcd.watch((key, { type }) => type === 'put' && puts.push(key));
		let stopping: Promise<void> | undefined;
		store.before = (made) => {
			if (made === call) stopping ??= registrar.stop();
		};
		schedule.tick();
		await vi.advanceTimersByTimeAsync(6_000);
		expect(stopping).toBeDefined();
		await stopping;
		expect(puts).toEqual([]);
		expect(etcd.leases).toEqual([]);
		expect(names().filter((name) => name !== 'withdrawn')).toEqual(['registered', 'stopped']);
	},
);
