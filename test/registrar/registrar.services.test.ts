import { expect, test, vi } from 'vitest';
import { ConfigError, StoppedError } from '../../src/core/errors.js';
import { aKeeping, KEY } from '../support/memory/keeping.js';
import { fakeTime, outcome, seconds, within } from '../support/memory/passing-time.js';

fakeTime();

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
	expect(Object.keys(etcd.contents)).toEqual([KEY, '/ns/pay/10.0.0.5:82']);
	await within(1, registrar.remove('pay', '10.0.0.5:82'));
	expect(Object.keys(etcd.contents)).toEqual([KEY]);
	expect(etcd.leases).toHaveLength(1);
	expect(names()).toEqual(['registered', 'registered', 'registered', 'withdrawn', 'withdrawn']);
	await expect(registrar.add({ name: 'user', addr: '10.0.0.5:80' })).rejects.toThrow(/user at 10.0.0.5:80/);
	await expect(registrar.remove('nobody', '10.0.0.5:80')).rejects.toThrow(/no service nobody/);
	await expect(registrar.update('user', '10.0.0.5:80', { addr: 'nowhere' })).rejects.toThrow(/addr/);
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

test('a check of the own port follows the service to another address, and goes on where the address stays', async () => {
	const created: unknown[] = [];
	const { registrar } = aKeeping({
		services: [{ check: { target: 'port', intervalMs: 1_000, fall: 7 } }],
		createCheck: (target) => {
			created.push(target);
			return { check: () => Promise.resolve() };
		},
	});
	await registrar.start();
	await within(1, registrar.ready());
	await within(1, registrar.update('user', '10.0.0.5:80', { weight: 20 }));
	expect(created).toMatchObject([{ kind: 'port', host: '10.0.0.5', port: 80 }]);
	await within(2, registrar.update('user', '10.0.0.5:80', { addr: '10.0.0.6:81' }));
	expect(created).toMatchObject([
		{},
		{ kind: 'port', host: '10.0.0.6', port: 81, intervalMs: 1_000, fall: 7 },
	]);
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
	let healthy = false;
	const { registrar, etcd, names } = aKeeping({
		services: [{ check: { target: 'tcp://127.0.0.1:1', intervalMs: 1_000, fall: 2 } }],
		createCheck: () => ({
			check: () => (healthy ? Promise.resolve() : Promise.reject(new Error('the tank is empty'))),
		}),
	});
	await registrar.start();
	await seconds(5);
	expect(etcd.contents).toEqual({});
	expect(registrar.status()).toMatchObject({ state: 'withdrawn', ready: false });
	expect(registrar.status().reason).toContain('the tank is empty');
	healthy = true;
	await seconds(2);
	expect(Object.keys(etcd.contents)).toEqual([KEY]);
	healthy = false;
	await seconds(5);
	expect(etcd.contents).toEqual({});
	expect(names()).toEqual(['registered', 'withdrawn']);
	await within(1, registrar.stop());
	expect(vi.getTimerCount()).toBe(0);
});

test('an update does not make a failing check forgotten', async () => {
	let healthy = true;
	const { registrar, etcd } = aKeeping({
		services: [{ check: { target: 'tcp://127.0.0.1:1', intervalMs: 1_000, fall: 2 } }],
		createCheck: () => ({
			check: () => (healthy ? Promise.resolve() : Promise.reject(new Error('the tank is empty'))),
		}),
	});
	await registrar.start();
	await within(2, registrar.ready());
	healthy = false;
	await within(1, registrar.update('user', '10.0.0.5:80', { version: '2' }));
	expect(Object.keys(etcd.contents)).toEqual([KEY]);
	await seconds(5);
	expect(etcd.contents).toEqual({});
	await within(1, registrar.stop());
	expect(vi.getTimerCount()).toBe(0);
});

test('what is added before the start is checked once, what is added after the stop not at all', async () => {
	let checks = 0;
	const { registrar } = aKeeping({
		createCheck: () => ({
			check: async () => {
				checks += 1;
			},
		}),
	});
	await registrar.add({
		name: 'pay',
		addr: '10.0.0.5:81',
		check: { target: 'tcp://127.0.0.1:1', intervalMs: 60_000 },
	});
	await seconds(1);
	expect(checks).toBe(0);
	await registrar.start();
	await within(1, registrar.ready());
	expect(checks).toBe(1);
	await within(1, registrar.stop());
	const late = registrar.add({ name: 'late', addr: '10.0.0.5:82', check: 'tcp://127.0.0.1:1' });
	expect(await outcome(late)).toBeInstanceOf(StoppedError);
	await seconds(10);
	expect(checks).toBe(1);
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

test('a weight function that throws ends nothing', async () => {
	const { registrar, etcd } = aKeeping({
		services: [
			{
				weight: () => {
					throw new Error('no weight');
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

test('the last service removed before anything was written, while etcd is away: nothing is asked, and no recovery is told', async () => {
	const { registrar, store } = aKeeping();
	let recovered = 0;
	registrar.on('recovered', () => {
		recovered += 1;
	});
	store.down = 'unreachable';
	await registrar.start();
	await seconds(2);
	await within(2, registrar.remove('user', '10.0.0.5:80'));
	await seconds(20);
	expect(recovered).toBe(0);
	await within(6, registrar.stop());
});

test('an update resolves when the old key is gone, and until then the key tells whose it was', async () => {
	const { registrar, store, etcd, schedule } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	store.denied.set(KEY, 'write');
	await within(1, registrar.update('user', '10.0.0.5:80', { addr: '10.0.0.6:80' }));
	expect(registrar.status().keys).toMatchObject([
		{ key: '/ns/user/10.0.0.6:80', service: 'user', addr: '10.0.0.6:80', state: 'registered' },
		{ key: KEY, service: 'user', addr: '10.0.0.5:80', state: 'denied' },
	]);
	store.denied.clear();
	await within(1, registrar.update('user', '10.0.0.6:80', { addr: '10.0.0.7:80' }));
	expect(Object.keys(etcd.contents)).not.toContain('/ns/user/10.0.0.6:80');
	// What was denied is tried again at the interval.
	await seconds(7);
	schedule.tick();
	await seconds(1);
	expect(Object.keys(etcd.contents)).toEqual(['/ns/user/10.0.0.7:80']);
	expect(registrar.status().keys.map(({ key }) => key)).toEqual(['/ns/user/10.0.0.7:80']);
	await within(1, registrar.stop());
});

test('an update while etcd is away resolves after the pass that failed, and comes with etcd', async () => {
	const { registrar, store, etcd } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	store.down = 'unavailable';
	await within(2, registrar.update('user', '10.0.0.5:80', { addr: '10.0.0.6:80' }));
	expect(registrar.status().keys.map(({ key, addr }) => [key, addr])).toEqual([
		['/ns/user/10.0.0.6:80', '10.0.0.6:80'],
		[KEY, '10.0.0.5:80'],
	]);
	store.down = null;
	await seconds(3);
	expect(Object.keys(etcd.contents)).toEqual(['/ns/user/10.0.0.6:80']);
	await within(1, registrar.stop());
});

test('updates that are made together share a few passes', async () => {
	const services = Array.from({ length: 300 }, (_, at) => ({ addr: `10.0.1.${at % 250}:${80 + at}` }));
	const { registrar, etcd } = aKeeping({ services });
	await registrar.start();
	await within(1, registrar.ready());
	const before = registrar.status().counters.passes.ok;
	const updates = services.map(({ addr }) =>
		registrar.update('user', addr, { addr: addr.replace('10.0', '10.9') }),
	);
	await within(1, Promise.all(updates));
	expect(registrar.status().counters.passes.ok - before).toBeLessThanOrEqual(3);
	expect(Object.keys(etcd.contents).filter((key) => key.includes('/10.9.'))).toHaveLength(300);
	expect(Object.keys(etcd.contents)).toHaveLength(300);
	await within(1, registrar.stop());
});

/** As a caller without types would: anything at all. */
const call = (registrar: object, method: string, ...args: unknown[]): unknown =>
	Reflect.apply(Reflect.get(registrar, method), registrar, args);

test.each([
	['add', [undefined]],
	['add', [{ name: '' }]],
	['update', ['user', '10.0.0.5:80', undefined]],
	['update', ['user', '10.0.0.5:80', { weight: 'much' }]],
	['update', ['user', '10.0.0.5:80', { name: 'pay' }]],
	['update', ['user', '10.0.0.5:81', {}]],
	['remove', [undefined, undefined]],
])(
	'%s with wrong arguments rejects with a ConfigError, and nothing has changed: %j',
	async (method, args) => {
		const { registrar } = aKeeping();
		const result = call(registrar, method, ...args);
		expect(result).toBeInstanceOf(Promise);
		expect(await outcome(result as Promise<void>)).toBeInstanceOf(ConfigError);
		expect(registrar.status().keys.map(({ key }) => key)).toEqual([KEY]);
	},
);

test.each([
	['start', []],
	['add', [{ name: 'pay', addr: '10.0.0.5:81' }]],
	['update', ['user', '10.0.0.5:80', { version: '2' }]],
	['remove', ['user', '10.0.0.5:80']],
	['ready', []],
])('after a stop %s rejects with a StoppedError', async (method, args) => {
	const { registrar } = aKeeping();
	await within(1, registrar.stop());
	expect(await outcome(call(registrar, method, ...args) as Promise<void>)).toBeInstanceOf(StoppedError);
});

test('a weight function that is async is reported once, and its rejection ends nothing', async () => {
	const { registrar, lines, etcd } = aKeeping({
		services: [{ weight: (async () => Promise.reject(new Error('no weight'))) as never }],
	});
	await registrar.start();
	await within(1, registrar.ready());
	await within(1, registrar.reconcile());
	await within(1, registrar.update('user', '10.0.0.5:80', { version: '2' }));
	expect(Object.keys(etcd.contents)).toEqual([KEY]);
	const reports = lines.filter(({ message }) => message.startsWith('a weight function failed'));
	expect(reports).toMatchObject([{ fields: { service: 'user' } }]);
	expect(String(reports[0]?.fields?.error)).toContain('not a promise');
	await within(1, registrar.stop());
});

test('a host that gets another address moves there, the new key first, and without an answer the last one stands', async () => {
	let host: string | null = '10.0.0.5';
	let asked = 0;
	const { registrar, etcd, lines, schedule } = aKeeping({
		services: [{ addr: ':80' }, { addr: ':81', name: 'pay' }, { addr: '10.0.0.1:82', name: 'fixed' }],
		resolve: async ({ addr }) => {
			asked += 1;
			if (host === null) throw new Error('no name service');
			return `${host}${addr}`;
		},
	});
	await registrar.start();
	await within(1, registrar.ready());
	expect(asked).toBe(1);
	const counts: number[] = [];
	const unwatch = etcd.watch(() => setImmediate(() => counts.push(Object.keys(etcd.contents).length)));
	host = '10.0.0.9';
	await within(1, registrar.reconcile());
	expect(asked).toBe(1);
	await seconds(6);
	schedule.tick();
	await seconds(1);
	unwatch();
	expect(asked).toBe(2);
	expect(Math.min(...counts)).toBe(3);
	const moved = ['/ns/fixed/10.0.0.1:82', '/ns/pay/10.0.0.9:81', '/ns/user/10.0.0.9:80'];
	expect(Object.keys(etcd.contents).toSorted()).toEqual(moved);
	expect(registrar.status()).toMatchObject({ ready: true });
	host = null;
	for (let n = 0; n < 3; n += 1) {
		await seconds(6);
		schedule.tick();
	}
	await seconds(1);
	expect(asked).toBe(5);
	expect(Object.keys(etcd.contents).toSorted()).toEqual(moved);
	expect(lines.filter(({ message }) => message.includes('cannot be found out again'))).toHaveLength(1);
	await within(1, registrar.stop());
	expect(vi.getTimerCount()).toBe(0);
});
