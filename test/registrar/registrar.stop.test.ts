import { expect, test, vi } from 'vitest';
import { StoreError } from '../../src/core/errors.js';
import { aKeeping, KEY } from '../support/memory/keeping.js';
import { fakeTime, seconds, within } from '../support/memory/passing-time.js';

fakeTime();

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

type Made = ReturnType<typeof aKeeping>;
const nothing = 'stopped: nothing was registered';
test.each<
	[sentence: string, fault: 'write' | 'grant' | null, before: (made: Made) => Promise<unknown>, said: string]
>([
	['a key that stood', null, ({ registrar }) => registrar.ready(), 'deregistered'],
	['a put without an answer', 'write', () => seconds(0.5), 'deregistered'],
	['a grant without an answer', 'grant', () => seconds(0.5), nothing],
	[
		'a key that was withdrawn',
		null,
		({ registrar }) => registrar.ready().then(() => registrar.pause()),
		nothing,
	],
])('its last word says whether anything was registered: %s', async (_sentence, fault, before, said) => {
	const made = aKeeping();
	if (fault !== null) made.store.fault(fault, 'lost');
	await made.registrar.start();
	await within(1, before(made));
	await within(6, made.registrar.stop());
	expect(made.lines.at(-1)).toMatchObject({ message: said });
});

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

test.each(['token-rejected', 'authentication-failed', 'exhausted'] as const)(
	'an etcd that refuses reads (%s) but ends leases is left at once, and clean',
	async (code) => {
		const { registrar, store, etcd, events } = aKeeping({ stopTimeoutMs: 3_000 });
		await registrar.start();
		await within(1, registrar.ready());
		const fault = () => Promise.reject(new StoreError(code, 'refused'));
		store.read = fault;
		store.write = fault;
		await within(1, registrar.stop());
		expect(events.at(-1)).toEqual({ event: 'stopped', detail: { clean: true } });
		expect(etcd.contents).toEqual({});
		expect(etcd.leases).toEqual([]);
	},
);

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

test('one that changes hands just before the lease is revoked is left as well', async () => {
	const { registrar, store, etcd } = aKeeping({ hints: false });
	await registrar.start();
	await within(1, registrar.ready());
	etcd.grant('4711', 60);
	store.before = (call) => {
		if (call === 'revoke') etcd.put(KEY, 'x', '4711');
	};
	await within(2, registrar.stop());
	expect(etcd.contents).toEqual({ [KEY]: 'x' });
	expect(etcd.leases).toEqual(['4711']);
});

test('stopped while etcd refuses every connection and never held anything of this process: there is nothing to wait for', async () => {
	const { registrar, store } = aKeeping();
	store.down = 'unreachable';
	await registrar.start();
	await seconds(2);
	let clean: boolean | null = null;
	registrar.on('stopped', (stopped) => {
		clean = stopped.clean;
	});
	await within(2, registrar.stop());
	expect(clean).toBe(true);
});
