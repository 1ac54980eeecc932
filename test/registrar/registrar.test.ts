import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConflictError, StoppedError } from '../../src/core/errors.js';
import { aKeeping, KEY } from '../support/keeping.js';

const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => unhandled.push(error);

beforeEach(() => {
	vi.useFakeTimers();
	process.on('unhandledRejection', onUnhandled);
});
afterEach(async () => {
	vi.useRealTimers();
	await new Promise((resolve) => setImmediate(resolve));
	process.off('unhandledRejection', onUnhandled);
	expect(unhandled.splice(0)).toEqual([]);
});

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

/** Resolves when the promise does; time goes on meanwhile. */
async function within<T>(limitSeconds: number, promise: Promise<T>): Promise<T> {
	let over = false;
	const ending = promise.finally(() => {
		over = true;
	});
	ending.catch(() => {});
	for (let ms = 0; ms < limitSeconds * 1_000 && !over; ms += 50) await vi.advanceTimersByTimeAsync(50);
	expect(over, `within ${limitSeconds} s`).toBe(true);
	return ending;
}

const outcome = (promise: Promise<unknown>) =>
	promise.then(
		() => 'resolved',
		(error: unknown) => error,
	);

test('start registers, ready tells when, stop takes key and lease away, and nothing is left running', async () => {
	const { registrar, etcd, store, names } = aKeeping();
	expect(registrar.status().state).toBe('idle');
	await registrar.start();
	await within(1, registrar.ready());
	expect(etcd.contents).toEqual({ [KEY]: '10.0.0.5:80' });
	expect(registrar.status()).toMatchObject({ state: 'registered', ready: true, live: true });
	await within(1, registrar.stop());
	expect(etcd.contents).toEqual({});
	expect(etcd.leases).toEqual([]);
	expect(registrar.status()).toMatchObject({ state: 'stopped', ready: false, live: false });
	expect(names()).toEqual(['registered', 'withdrawn', 'stopped']);
	expect(store.openStreams).toBe(0);
	expect(vi.getTimerCount()).toBe(0);
});

test('start, ready and stop may be called again and again', async () => {
	const { registrar, store, names } = aKeeping();
	await Promise.all([registrar.start(), registrar.start()]);
	await within(1, Promise.all([registrar.ready(), registrar.ready()]));
	await registrar.start();
	expect(store.calls.grant).toBe(1);
	await within(1, Promise.all([registrar.stop(), registrar.stop(), registrar[Symbol.asyncDispose]()]));
	await registrar.stop();
	await registrar.start();
	await seconds(60);
	expect(names()).toEqual(['registered', 'withdrawn', 'stopped']);
	expect(registrar.status().state).toBe('stopped');
	expect(vi.getTimerCount()).toBe(0);
});

test('start resolves although etcd is away, and the registration comes with etcd', async () => {
	const { registrar, store, etcd, names } = aKeeping();
	store.down = 'unavailable';
	await registrar.start();
	const ready = registrar.ready();
	await seconds(60);
	expect(registrar.status()).toMatchObject({ state: 'starting', ready: false, lastError: 'unavailable' });
	expect(names()).toEqual(['degraded']);
	store.down = null;
	await within(2, ready);
	expect(etcd.contents).toEqual({ [KEY]: '10.0.0.5:80' });
	expect(names()).toEqual(['degraded', 'registered', 'recovered']);
	await within(1, registrar.stop());
});

test.each(['idle', 'starting', 'registered', 'paused', 'down', 'hanging', 'stopping', 'stopped'] as const)(
	'it may be disposed of in any state, and leaves nothing: %s',
	async (state) => {
		const { registrar, store, etcd } = aKeeping();
		if (state === 'hanging') store.down = 'hang';
		if (state === 'down') store.down = 'unavailable';
		if (state !== 'idle') void registrar.start();
		if (state !== 'idle' && state !== 'starting') await seconds(3);
		if (state === 'paused') await within(1, registrar.pause());
		if (state === 'stopping') void registrar.stop();
		if (state === 'stopped') await within(1, registrar.stop());
		await within(6, registrar[Symbol.asyncDispose]());
		expect(registrar.status().state).toBe('stopped');
		await seconds(60);
		expect(etcd.contents).toEqual({});
		expect(etcd.leases).toEqual([]);
		expect(store.openStreams).toBe(0);
		expect(vi.getTimerCount()).toBe(0);
	},
);

test.each(['read', 'grant', 'write', 'openKeepalive', 'openWatch'] as const)(
	'stopped while the first pass is at %s: neither key nor lease nor timer is left',
	async (call) => {
		const { registrar, store, etcd } = aKeeping();
		let stopping: Promise<void> | undefined;
		store.before = (made) => {
			if (made === call) stopping ??= registrar.stop();
		};
		await registrar.start();
		await seconds(1);
		expect(stopping).toBeDefined();
		await within(6, stopping ?? Promise.resolve());
		await seconds(60);
		expect(etcd.contents).toEqual({});
		expect(etcd.leases).toEqual([]);
		expect(store.openStreams).toBe(0);
		expect(vi.getTimerCount()).toBe(0);
	},
);

test('stopped while a later pass runs: the same', async () => {
	const { registrar, store, etcd, schedule } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	let stopping: Promise<void> | undefined;
	store.before = (call) => {
		if (call === 'read') stopping ??= registrar.stop();
	};
	schedule.tick();
	await seconds(1);
	await within(6, stopping ?? Promise.reject(new Error('no pass ran')));
	await seconds(60);
	expect(etcd.contents).toEqual({});
	expect(etcd.leases).toEqual([]);
	expect(store.openStreams).toBe(0);
	expect(vi.getTimerCount()).toBe(0);
});

test('with etcd down stop gives up in time, says so, and ends well', async () => {
	const { registrar, store, etcd, events, lines } = aKeeping({ stopTimeoutMs: 3_000 });
	await registrar.start();
	await within(1, registrar.ready());
	store.down = 'hang';
	await within(3.1, registrar.stop());
	expect(events.at(-1)).toEqual({ event: 'stopped', detail: { clean: false } });
	expect(lines.at(-1)).toMatchObject({ level: 'warn', fields: { ttlSeconds: 6 } });
	// The lease runs out by itself.
	await seconds(10);
	expect(etcd.leases).toEqual([]);
	expect(vi.getTimerCount()).toBe(0);
});

test('a short outage during the stop is ridden out', async () => {
	const { registrar, store, etcd, events } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	store.down = 'unavailable';
	const stopping = registrar.stop();
	await seconds(2);
	store.down = null;
	await within(3, stopping);
	expect(events.at(-1)).toEqual({ event: 'stopped', detail: { clean: true } });
	expect(etcd.leases).toEqual([]);
});

test('a grant whose answer was lost is revoked by the stop', async () => {
	const { registrar, store, etcd } = aKeeping({ onConflict: 'wait' });
	store.fault('grant', 'lost', 'lost', 'lost', 'lost', 'lost');
	await registrar.start();
	await seconds(1);
	expect(etcd.leases).toHaveLength(1);
	await within(6, registrar.stop());
	expect(etcd.leases).toEqual([]);
});

test('a key that another took in the meantime is left to it', async () => {
	const { registrar, etcd } = aKeeping({ hints: false });
	await registrar.start();
	await within(1, registrar.ready());
	etcd.grant('4711', 60);
	etcd.put(KEY, 'x', '4711');
	await within(2, registrar.stop());
	expect(etcd.contents).toEqual({ [KEY]: 'x' });
	expect(etcd.leases).toEqual(['4711']);
});

test('one that changes hands between the look and the deletion is left as well', async () => {
	const { registrar, store, etcd } = aKeeping({ hints: false });
	await registrar.start();
	await within(1, registrar.ready());
	etcd.grant('4711', 60);
	store.before = (call) => {
		if (call === 'write') etcd.put(KEY, 'x', '4711');
	};
	await within(2, registrar.stop());
	expect(etcd.contents).toEqual({ [KEY]: 'x' });
	expect(etcd.leases).toEqual(['4711']);
});

test('ready rejects when it is stopped, before or after it was asked', async () => {
	const { registrar, store } = aKeeping();
	store.down = 'unavailable';
	await registrar.start();
	const asked = outcome(registrar.ready());
	await within(6, registrar.stop());
	expect(await asked).toBeInstanceOf(StoppedError);
	expect(await outcome(registrar.ready())).toBeInstanceOf(StoppedError);
});

test('ready rejects with the reason of its signal, and the registrar goes on', async () => {
	const { registrar, store } = aKeeping();
	store.down = 'unavailable';
	await registrar.start();
	const reason = new Error('no patience');
	const controller = new AbortController();
	const asked = outcome(registrar.ready({ signal: controller.signal }));
	await seconds(1);
	controller.abort(reason);
	expect(await asked).toBe(reason);
	expect(await outcome(registrar.ready({ signal: AbortSignal.abort(reason) }))).toBe(reason);
	store.down = null;
	await within(2, registrar.ready());
	await within(2, registrar.stop());
});

test('fail: a live owner ends it: ready rejects, the event is fatal, and the owner keeps its key', async () => {
	const first = aKeeping();
	await first.registrar.start();
	await within(1, first.registrar.ready());
	const second = aKeeping({ etcd: first.etcd, onConflict: 'fail' });
	await second.registrar.start();
	const asked = outcome(second.registrar.ready());
	await seconds(10);
	expect(await asked).toBeInstanceOf(ConflictError);
	expect(await asked).toMatchObject({ code: 'conflict', key: KEY });
	expect(second.events.filter(({ event }) => event === 'conflict').at(-1)).toMatchObject({ detail: { key: KEY, fatal: true } });
	expect(second.names().at(-1)).toBe('stopped');
	expect(await outcome(second.registrar.ready())).toBeInstanceOf(ConflictError);
	expect(first.registrar.status().ready).toBe(true);
	await within(1, first.registrar.stop());
	expect(vi.getTimerCount()).toBe(0);
});

test('take-over: two twins, one key: who is superseded says so once and comes back when the other stops', async () => {
	const first = aKeeping();
	await first.registrar.start();
	await within(1, first.registrar.ready());
	const second = aKeeping({ etcd: first.etcd });
	await second.registrar.start();
	await within(1, second.registrar.ready());
	for (let n = 0; n < 20; n += 1) {
		await seconds(3);
		first.schedule.tick();
		second.schedule.tick();
	}
	expect(first.names()).toEqual(['registered', 'conflict']);
	expect(first.registrar.status()).toMatchObject({ state: 'standing-by', ready: false, live: true });
	expect(first.registrar.status().counters.conflicts).toBe(1);
	expect(second.names()).toEqual(['registered']);
	await within(1, second.registrar.stop());
	await seconds(1);
	expect(first.registrar.status()).toMatchObject({ state: 'registered', ready: true });
	expect(first.names()).toEqual(['registered', 'conflict', 'repaired']);
	await within(1, first.registrar.stop());
});

test('a deleted key is back at once by the watch, and without hints at the next beat', async () => {
	for (const hints of [true, false]) {
		const { registrar, etcd, schedule } = aKeeping({ hints });
		await registrar.start();
		await within(1, registrar.ready());
		await seconds(1);
		etcd.delete(KEY);
		await vi.advanceTimersByTimeAsync(50);
		expect(KEY in etcd.contents).toBe(hints);
		schedule.tick();
		await vi.advanceTimersByTimeAsync(50);
		expect(KEY in etcd.contents).toBe(true);
		expect(registrar.status().counters.repairs.absent).toBe(1);
		await within(1, registrar.stop());
	}
});

test('a lease that is revoked is replaced at once, and exactly one is left', async () => {
	const { registrar, etcd } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	for (let n = 0; n < 20; n += 1) {
		for (const lease of etcd.leases) etcd.revoke(lease);
		await seconds(3);
		expect(etcd.contents).toEqual({ [KEY]: '10.0.0.5:80' });
		expect(etcd.leases).toEqual([registrar.status().lease?.id]);
	}
	await within(1, registrar.stop());
});

test('a connection that falls silent costs neither key nor lease', async () => {
	const { registrar, store, etcd, schedule, names } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	const lease = registrar.status().lease?.id;
	for (let n = 0; n < 10; n += 1) {
		store.freeze();
		await seconds(6);
		schedule.tick();
	}
	expect(registrar.status().lease?.id).toBe(lease);
	expect(etcd.leases).toEqual([lease]);
	expect(names()).toEqual(['registered']);
	await within(1, registrar.stop());
});

test('paused the key is withdrawn and stays so; resumed it is back, and that is no repair', async () => {
	const { registrar, etcd, schedule, names } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	await within(1, registrar.pause());
	await registrar.pause();
	expect(etcd.contents).toEqual({});
	schedule.tick();
	await seconds(20);
	expect(etcd.contents).toEqual({});
	expect(registrar.status()).toMatchObject({ state: 'paused', ready: false, live: false });
	await within(1, registrar.resume());
	await registrar.resume();
	expect(etcd.contents).toEqual({ [KEY]: '10.0.0.5:80' });
	expect(names()).toEqual(['registered', 'withdrawn', 'registered']);
	expect(Object.values(registrar.status().counters.repairs)).toEqual([0, 0, 0, 0]);
	await within(1, registrar.stop());
});

test('services come, change and go while it runs', async () => {
	const { registrar, etcd, names } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	await within(1, registrar.add({ name: 'pay', addr: '10.0.0.5:81' }));
	expect(Object.keys(etcd.contents)).toEqual([KEY, '/ns/pay/10.0.0.5:81']);
	await within(1, registrar.update('pay', '10.0.0.5:81', { addr: '10.0.0.5:82' }));
	await seconds(1);
	expect(Object.keys(etcd.contents)).toEqual([KEY, '/ns/pay/10.0.0.5:82']);
	await within(1, registrar.remove('pay', '10.0.0.5:82'));
	expect(Object.keys(etcd.contents)).toEqual([KEY]);
	expect(etcd.leases).toHaveLength(1);
	expect(names()).toEqual(['registered', 'registered', 'registered', 'withdrawn', 'withdrawn']);
	expect(() => registrar.add({ name: 'user', addr: '10.0.0.5:80' })).toThrow(/user at 10.0.0.5:80/);
	expect(() => registrar.remove('nobody', '10.0.0.5:80')).toThrow(/no service nobody/);
	expect(() => registrar.update('user', '10.0.0.5:80', { addr: 'nowhere' })).toThrow(/addr/);
	await within(1, registrar.stop());
});

test('a service that moves is never absent', async () => {
	const { registrar, etcd } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	const counts: number[] = [];
	const unwatch = etcd.watch(() => setImmediate(() => counts.push(Object.keys(etcd.contents).length)));
	await within(1, registrar.update('user', '10.0.0.5:80', { addr: '10.0.0.6:80' }));
	await seconds(1);
	unwatch();
	expect(Object.keys(etcd.contents)).toEqual(['/ns/user/10.0.0.6:80']);
	expect(Math.min(...counts)).toBe(1);
	await within(1, registrar.stop());
});

test('an old key that may not be taken away does not make it spin', async () => {
	const { registrar, store, etcd } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	store.denied.set(KEY, 'write');
	await within(1, registrar.update('user', '10.0.0.5:80', { addr: '10.0.0.6:80' }));
	await seconds(1);
	const { read } = store.calls;
	await seconds(5);
	expect(store.calls.read - read).toBeLessThan(10);
	expect(etcd.contents).toMatchObject({ '/ns/user/10.0.0.6:80': '10.0.0.6:80' });
	await within(6, registrar.stop());
});

test('registered only while the check passes', async () => {
	let well = false;
	const { registrar, etcd, names } = aKeeping({
		services: [{ check: { target: 'tcp://127.0.0.1:1', intervalMs: 1_000, fall: 2 } }],
		createCheck: () => ({ check: () => (well ? Promise.resolve() : Promise.reject(new Error('the tank is empty'))) }),
	});
	await registrar.start();
	await seconds(5);
	expect(etcd.contents).toEqual({});
	expect(registrar.status()).toMatchObject({ state: 'withdrawn', ready: false });
	expect(registrar.status().reason).toContain('the tank is empty');
	well = true;
	await seconds(2);
	expect(Object.keys(etcd.contents)).toEqual([KEY]);
	well = false;
	await seconds(5);
	expect(etcd.contents).toEqual({});
	expect(names()).toEqual(['registered', 'withdrawn']);
	await within(1, registrar.stop());
	expect(vi.getTimerCount()).toBe(0);
});

test('an update does not make a failing check forgotten', async () => {
	let well = true;
	const { registrar, etcd } = aKeeping({
		services: [{ check: { target: 'tcp://127.0.0.1:1', intervalMs: 1_000, fall: 2 } }],
		createCheck: () => ({ check: () => (well ? Promise.resolve() : Promise.reject(new Error('the tank is empty'))) }),
	});
	await registrar.start();
	await within(2, registrar.ready());
	well = false;
	await within(1, registrar.update('user', '10.0.0.5:80', { version: '2' }));
	expect(Object.keys(etcd.contents)).toEqual([KEY]);
	await seconds(5);
	expect(etcd.contents).toEqual({});
	await within(1, registrar.stop());
	expect(vi.getTimerCount()).toBe(0);
});

test('what is added before the start is checked once, what is added after the stop not at all', async () => {
	let looks = 0;
	const { registrar } = aKeeping({
		createCheck: () => ({
			check: async () => {
				looks += 1;
			},
		}),
	});
	await registrar.add({ name: 'pay', addr: '10.0.0.5:81', check: { target: 'tcp://127.0.0.1:1', intervalMs: 60_000 } });
	await seconds(1);
	expect(looks).toBe(0);
	await registrar.start();
	await within(1, registrar.ready());
	expect(looks).toBe(1);
	await within(1, registrar.stop());
	await registrar.add({ name: 'late', addr: '10.0.0.5:82', check: 'tcp://127.0.0.1:1' });
	await seconds(10);
	expect(looks).toBe(1);
	expect(vi.getTimerCount()).toBe(0);
});

test('an address that cannot be found out yet is asked for again, and the registrar lives', async () => {
	let known = false;
	const { registrar, etcd } = aKeeping({
		services: [{ addr: ':80' }],
		resolve: () => (known ? Promise.resolve('10.0.0.9:80') : Promise.reject(new Error('no route'))),
	});
	await registrar.start();
	await seconds(2);
	expect(registrar.status()).toMatchObject({ ready: false, lastError: 'no route' });
	known = true;
	await seconds(2);
	expect(Object.keys(etcd.contents)).toEqual(['/ns/user/10.0.0.9:80']);
	expect(registrar.status().ready).toBe(true);
	await within(1, registrar.stop());
});

test('a pass that hangs is cut, and the loop goes on', async () => {
	const { registrar, store, etcd } = aKeeping();
	let hang = true;
	const { registrar: other } = aKeeping({
		etcd,
		services: [{ addr: ':80' }],
		resolve: () => (hang ? new Promise(() => {}) : Promise.resolve('10.0.0.9:80')),
	});
	await other.start();
	await seconds(7);
	expect(other.status()).toMatchObject({ live: true, lastPass: { ok: false } });
	hang = false;
	await seconds(8);
	expect(other.status().ready).toBe(true);
	await within(2, other.stop());
	store.down = 'hang';
	await registrar.start();
	await seconds(30);
	expect(registrar.status().counters.passes.failed).toBeGreaterThan(3);
	await within(6, registrar.stop());
});

test('a logger or a listener that throws ends nothing', async () => {
	const broken = () => {
		throw new Error('the disk is full');
	};
	const { registrar, store, etcd } = aKeeping({ logger: { debug: broken, info: broken, warn: broken, error: broken } });
	registrar.on('registered', broken);
	await registrar.start();
	await seconds(1);
	expect(registrar.status().ready).toBe(true);
	store.down = 'unavailable';
	await within(1, registrar.reconcile());
	await seconds(10);
	store.down = null;
	await seconds(3);
	expect(registrar.status()).toMatchObject({ ready: true, lastPass: { ok: true } });
	await within(2, registrar.stop());
	expect(etcd.leases).toEqual([]);
});

test('a weight function that throws ends nothing', async () => {
	const { registrar, etcd } = aKeeping({
		services: [
			{
				weight: () => {
					throw new Error('no scales');
				},
			},
		],
	});
	await registrar.start();
	await within(1, registrar.ready());
	etcd.delete(KEY);
	await seconds(1);
	expect(Object.keys(etcd.contents)).toEqual([KEY]);
	await within(1, registrar.stop());
});

test('etcd that fails in every way for a long time ends nothing, and it is registered soon after', async () => {
	const { registrar, store, etcd, schedule } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	const faults = ['unavailable', 'hang', 'exhausted', 'permission-denied', 'authentication-failed', 'token-rejected', 'invalid', 'lost'] as const;
	for (const fault of faults) {
		store.down = fault;
		store.disconnect();
		await seconds(15);
		schedule.tick();
	}
	store.down = null;
	schedule.tick();
	await seconds(8);
	expect(registrar.status()).toMatchObject({ ready: true });
	expect(etcd.contents).toEqual({ [KEY]: '10.0.0.5:80' });
	expect(etcd.leases).toEqual([registrar.status().lease?.id]);
	await within(1, registrar.stop());
	expect(vi.getTimerCount()).toBe(0);
});

test('it prints nothing', async () => {
	const written: unknown[] = [];
	const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation((chunk) => written.push(chunk) > 0));
	const { registrar, store } = aKeeping();
	await registrar.start();
	await seconds(2);
	store.down = 'unavailable';
	await seconds(2);
	await within(6, registrar.stop());
	for (const spy of spies) spy.mockRestore();
	expect(written).toEqual([]);
});

test('a beat that another TTL was granted for keeps that interval while there is no lease', async () => {
	const { registrar, etcd, store, schedule } = aKeeping({ ttlSeconds: 1 });
	await registrar.start();
	await within(1, registrar.ready());
	expect(schedule.starts.map(({ intervalSeconds }) => intervalSeconds)).toEqual([1, 2]);
	for (let n = 0; n < 3; n += 1) {
		for (const lease of etcd.leases) etcd.revoke(lease);
		store.fault('grant', 'unavailable');
		await seconds(3);
	}
	expect(registrar.status()).toMatchObject({ ready: true, intervalMs: 2_000 });
	expect(schedule.starts.map(({ intervalSeconds }) => intervalSeconds)).toEqual([1, 2]);
	await within(1, registrar.stop());
});
