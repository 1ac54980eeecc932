import { expect, test, vi } from 'vitest';
import { ConfigError, ConflictError, NotStartedError, StoppedError } from '../../src/core/errors.js';
import { aKeeping, KEY } from '../support/memory/keeping.js';
import { fakeTime, outcome, seconds, within } from '../support/memory/passing-time.js';

fakeTime();

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
	expect(registrar.status()).toMatchObject({ state: 'stopped', ready: false, live: true });
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
	expect(await outcome(registrar.start())).toBeInstanceOf(StoppedError);
	await seconds(60);
	expect(names()).toEqual(['registered', 'withdrawn', 'stopped']);
	expect(registrar.status().state).toBe('stopped');
	expect(vi.getTimerCount()).toBe(0);
});

test('paused before the start it begins paused, and resume registers', async () => {
	const { registrar, etcd } = aKeeping();
	await registrar.pause();
	expect(registrar.status().state).toBe('idle');
	await registrar.start();
	await seconds(20);
	expect(registrar.status().state).toBe('paused');
	expect(etcd.contents).toEqual({});
	await within(1, registrar.resume());
	expect(etcd.contents).toEqual({ [KEY]: '10.0.0.5:80' });
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

test('ready rejects when it is stopped, before or after it was asked', async () => {
	const { registrar, store } = aKeeping();
	store.down = 'unavailable';
	await registrar.start();
	const asked = outcome(registrar.ready());
	await within(6, registrar.stop());
	expect(await asked).toBeInstanceOf(StoppedError);
	expect(await outcome(registrar.ready())).toBeInstanceOf(StoppedError);
});

test('ready before start says what to do, and so it does where the start failed', async () => {
	const { registrar } = aKeeping({
		services: [{ addr: ':80' }],
		resolve: () => Promise.reject(new ConfigError(['no address fits'])),
	});
	const early = await outcome(registrar.ready());
	expect(early).toBeInstanceOf(NotStartedError);
	expect(String(early)).toContain('call start() first');
	const start = outcome(registrar.start());
	const meanwhile = outcome(registrar.ready());
	expect(await start).toBeInstanceOf(ConfigError);
	expect(await meanwhile).toBeInstanceOf(NotStartedError);
	await within(1, registrar.stop());
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
	expect(second.events.filter(({ event }) => event === 'conflict').at(-1)).toMatchObject({
		detail: { key: KEY, fatal: true },
	});
	expect(second.names().at(-1)).toBe('stopped');
	expect(await outcome(second.registrar.ready())).toBeInstanceOf(ConflictError);
	expect(first.registrar.status().ready).toBe(true);
	await within(1, first.registrar.stop());
	expect(vi.getTimerCount()).toBe(0);
});

test('it prints nothing', async () => {
	const written: unknown[] = [];
	const spies = [process.stdout, process.stderr].map((stream) =>
		vi.spyOn(stream, 'write').mockImplementation((chunk) => written.push(chunk) > 0),
	);
	const { registrar, store } = aKeeping();
	await registrar.start();
	await seconds(2);
	store.down = 'unavailable';
	await seconds(2);
	await within(6, registrar.stop());
	for (const spy of spies) spy.mockRestore();
	expect(written).toEqual([]);
});
