import { expect, test } from 'vitest';
import { ConfigError } from '../../src/core/errors.js';
import type { PauseOptions } from '../../src/registrar/services/pausing.js';
import { aKeeping, KEY } from '../support/memory/keeping.js';
import { fakeTime, outcome, seconds, within } from '../support/memory/passing-time.js';

fakeTime();

const PAY = '/ns/pay/10.0.0.5:81';
const two = { services: [{}, { name: 'pay', addr: '10.0.0.5:81' }] };

async function registered(options: Parameters<typeof aKeeping>[0] = two) {
	const keeping = aKeeping(options);
	await keeping.registrar.start();
	await within(1, keeping.registrar.ready());
	return keeping;
}

test('one name is withdrawn, the others stay, and the status says why', async () => {
	const { registrar, etcd, names, lines } = await registered();
	await within(1, registrar.pause({ name: 'user', reason: ' disk\nswap ' }));
	expect(etcd.contents).toEqual({ [PAY]: '10.0.0.5:81' });
	expect(registrar.status()).toMatchObject({
		...{ state: 'registered', ready: true },
		reason: 'every wanted key was verified in etcd within the last two intervals; user is paused (disk swap)',
		paused: [{ service: 'user', reason: 'disk swap', agoMs: expect.any(Number) }],
	});
	expect(JSON.stringify(lines)).toContain('disk swap');
	await within(1, registrar.resume({ name: 'user' }));
	expect(etcd.contents).toEqual({ [KEY]: '10.0.0.5:80', [PAY]: '10.0.0.5:81' });
	expect(registrar.status().paused).toEqual([]);
	expect(names()).toEqual(['registered', 'registered', 'withdrawn', 'registered']);
});

test('all are withdrawn with a reason, and one is brought back', async () => {
	const { registrar, etcd } = await registered();
	await within(1, registrar.pause({ reason: 'upgrade' }));
	expect(etcd.contents).toEqual({});
	expect(registrar.status()).toMatchObject({
		...{ state: 'paused', ready: false },
		reason: 'paused (upgrade): withdrawn on request until resumed',
	});
	await within(1, registrar.resume({ name: 'pay' }));
	expect(etcd.contents).toEqual({ [PAY]: '10.0.0.5:81' });
	expect(registrar.status()).toMatchObject({ state: 'registered', ready: true });
	expect(registrar.status().reason).toMatch(/; user is paused \(upgrade\)$/);
	await within(1, registrar.stop());
	expect(etcd.leases).toEqual([]);
});

test('a pause is confirmed by etcd alone: it waits while etcd is away, stays, and is carried out later', async () => {
	const { registrar, etcd, store } = await registered();
	store.down = 'unavailable';
	let confirmed = false;
	const paused = registrar.pause().then(() => (confirmed = true));
	await seconds(30);
	expect(confirmed).toBe(false);
	expect(registrar.status().state).toBe('paused');
	store.down = null;
	await within(6, paused);
	expect(etcd.contents).toEqual({});
});

test('a signal ends the wait and not the request', async () => {
	const { registrar, etcd, store } = await registered();
	store.down = 'unavailable';
	const cut = new AbortController();
	const paused = outcome(registrar.pause({ signal: cut.signal }));
	await seconds(1);
	cut.abort(new Error('long enough'));
	expect(await paused).toEqual(new Error('long enough'));
	store.down = null;
	await seconds(10);
	expect(etcd.contents).toEqual({});
});

test('resumed before etcd could confirm the pause: both end, and the key was never away', async () => {
	const { registrar, etcd, store, names } = await registered({});
	store.down = 'unavailable';
	const paused = registrar.pause();
	await seconds(2);
	const resumed = registrar.resume();
	let isBack = false;
	void resumed.then(() => (isBack = true));
	await seconds(2);
	expect(isBack).toBe(false);
	store.down = null;
	await within(6, Promise.all([paused, resumed]));
	expect(etcd.contents).toEqual({ [KEY]: '10.0.0.5:80' });
	expect(names()).not.toContain('withdrawn');
});

test('a stop ends every wait', async () => {
	const { registrar, store } = await registered();
	store.down = 'unavailable';
	const waiting = [registrar.pause(), registrar.resume({ name: 'pay' })];
	await seconds(1);
	await within(10, Promise.all([registrar.stop(), ...waiting]));
	await registrar.pause();
	await registrar.resume();
});

test('a resume waits for no service whose check fails', async () => {
	const { registrar } = aKeeping({
		services: [{ check: 'tcp://127.0.0.1:1' }],
		createCheck: () => ({ check: () => Promise.reject(new Error('refused')) }),
	});
	await registrar.start();
	await within(1, registrar.pause());
	await within(1, registrar.resume());
	expect(registrar.status()).toMatchObject({ state: 'withdrawn', paused: [] });
	await within(1, registrar.stop());
});

test.each<readonly [sentence: string, options: unknown, problem: RegExp]>([
	['a name that is not there', { name: 'usr' }, /no service is called "usr" here, expected one of user, pay/],
	['a name instead of options', 'user', /^pause: expected an object with name, reason, signal/],
	['a reason that is none', { reason: 7 }, /^pause\.reason: expected a string/],
	['a reason of a novel', { reason: 'x'.repeat(201) }, /at most 200 characters/],
	['an option that there is not', { why: 'x' }, /^pause\.why is no option/],
])('%s rejects, and nothing has changed', async (_sentence, options, problem) => {
	const { registrar } = await registered();
	const error = await outcome(registrar.pause(options as PauseOptions));
	expect(error).toBeInstanceOf(ConfigError);
	expect((error as ConfigError).message).toMatch(problem);
	expect(registrar.status()).toMatchObject({ state: 'registered', paused: [] });
});
