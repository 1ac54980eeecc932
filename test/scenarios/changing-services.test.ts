import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { createRegistrar, type RegistrarEvent, type RegistrarOptions, type Status } from '../../src/index.js';
import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import { Gateway, type KeyEvent } from '../support/etcd/gateway.js';
import { freePort } from '../support/network/net.js';
import { getText } from '../support/process/http.js';
import { startRegistrar } from '../support/process/registrar.js';
import { end } from '../support/stage/stage.js';
import { until } from '../support/until.js';

let etcd: Etcd;
let gateway: Gateway;
beforeAll(async () => {
	etcd = await startEtcd();
	gateway = new Gateway(etcd.endpoint);
});
afterAll(async () => {
	gateway.close();
	await etcd.kill();
});

let count = 0;
/** A registrar that is registered, with a name of its own, an eye on keys, and all that it told. */
async function registered(
	{ onTestFinished }: Pick<TestContext, 'onTestFinished'>,
	service: Partial<RegistrarOptions['services'][number]> = {},
) {
	count += 1;
	const name = `changing${count}`;
	const registrar = createRegistrar({
		endpoints: etcd.endpoint,
		ttlSeconds: 60,
		services: [{ name, addr: '10.0.0.1:80', ...service }],
	});
	onTestFinished(() => registrar.stop());
	const told: RegistrarEvent[] = [];
	for (const event of ['registered', 'repaired', 'withdrawn', 'degraded'] as const)
		registrar.on(event, () => told.push(event));
	await registrar.start();
	await registrar.ready();
	const events = async (key: string): Promise<readonly KeyEvent[]> => {
		const seen: KeyEvent[] = [];
		const watch = await gateway.watch(key, (event) => seen.push(event));
		onTestFinished(() => watch.close());
		return seen;
	};
	const repairs = () =>
		Object.values(registrar.status().counters.repairs).reduce((sum, times) => sum + times, 0);
	return { name, registrar, told, events, repairs, key: (addr: string) => `/ns/${name}/${addr}` };
}

test('an update changes the value under the same key and lease without a moment of absence, and is no repair', async (context) => {
	const { name, registrar, events, repairs, key } = await registered(context, {
		formats: 'json',
		weight: 10,
	});
	const before = await gateway.get(key('10.0.0.1:80'));
	const seen = await events(key('10.0.0.1:80'));
	await registrar.update(name, '10.0.0.1:80', { weight: 20, metadata: { zone: 'b' } });
	const after = await gateway.get(key('10.0.0.1:80'));
	expect(JSON.parse(after?.value ?? '')).toMatchObject({ weight: 20, metadata: { zone: 'b' } });
	expect(after?.lease).toBe(before?.lease);
	await until(() => seen.length > 0);
	expect(seen.map(({ type }) => type)).toEqual(['put']);
	expect(registrar.status()).toMatchObject({ ready: true, weights: [{ service: name, weight: 20 }] });
	expect(repairs()).toBe(0);
});

test('with another address the new key is put before the old one is deleted', async (context) => {
	const { name, registrar, events, repairs, told, key } = await registered(context);
	const [old, fresh] = [await events(key('10.0.0.1:80')), await events(key('10.0.0.2:80'))];
	await registrar.update(name, '10.0.0.1:80', { addr: '10.0.0.2:80' });
	expect(await gateway.get(key('10.0.0.2:80'))).toMatchObject({ value: '10.0.0.2:80' });
	expect(await gateway.get(key('10.0.0.1:80'))).toBeNull();
	expect(registrar.status().keys.map((one) => one.key)).toEqual([key('10.0.0.2:80')]);
	await until(() => old.length > 0 && fresh.length > 0);
	expect([old, fresh].map((events) => events.map(({ type }) => type))).toEqual([['delete'], ['put']]);
	expect(BigInt(fresh[0]?.revision ?? 0)).toBeLessThan(BigInt(old[0]?.revision ?? 0));
	expect(told).toEqual(['registered', 'registered', 'withdrawn']);
	expect(repairs()).toBe(0);
});

test('a service that is removed leaves etcd, its neighbour is not touched, and added again it is registered, not repaired', async (context) => {
	const { name, registrar, repairs, told, key } = await registered(context);
	await registrar.add({ name, addr: '10.0.0.2:80' });
	const neighbour = await gateway.get(key('10.0.0.1:80'));
	await registrar.remove(name, '10.0.0.2:80');
	expect(await gateway.get(key('10.0.0.2:80'))).toBeNull();
	await registrar.add({ name, addr: '10.0.0.2:80' });
	expect(await gateway.get(key('10.0.0.2:80'))).toMatchObject({ lease: neighbour?.lease });
	expect(await gateway.get(key('10.0.0.1:80'))).toEqual(neighbour);
	expect(told).toEqual(['registered', 'registered', 'withdrawn', 'registered']);
	expect(repairs()).toBe(0);
});

test('paused nothing is in etcd, resumed everything is again, on the same lease, and that is no repair', async (context) => {
	const { registrar, repairs, told, key } = await registered(context);
	const before = await gateway.get(key('10.0.0.1:80'));
	await registrar.pause();
	expect(await gateway.get(key('10.0.0.1:80'))).toBeNull();
	expect(registrar.status()).toMatchObject({ state: 'paused', ready: false });
	await registrar.resume();
	expect((await gateway.get(key('10.0.0.1:80')))?.lease).toBe(before?.lease);
	expect(registrar.status()).toMatchObject({ state: 'registered', ready: true });
	expect(told).toEqual(['registered', 'withdrawn', 'registered']);
	expect(repairs()).toBe(0);
});

test('what is changed while paused is registered with the resume', async (context) => {
	const { name, registrar, key } = await registered(context, { formats: 'json' });
	await registrar.pause();
	await registrar.update(name, '10.0.0.1:80', { version: 'v2' });
	await registrar.add({ name, addr: '10.0.0.2:80', formats: 'json' });
	expect(await Promise.all([gateway.get(key('10.0.0.1:80')), gateway.get(key('10.0.0.2:80'))])).toEqual([
		null,
		null,
	]);
	await registrar.resume();
	expect(JSON.parse((await gateway.get(key('10.0.0.1:80')))?.value ?? '')).toMatchObject({ version: 'v2' });
	expect(await gateway.get(key('10.0.0.2:80'))).not.toBeNull();
});

test('ready() waits once more for a service that was just added', async (context) => {
	const { name, registrar, key } = await registered(context);
	void registrar.add({ name, addr: '10.0.0.2:80' });
	expect(registrar.status().ready).toBe(false);
	await registrar.ready();
	expect(await gateway.get(key('10.0.0.2:80'))).not.toBeNull();
});

test('many changes at once end as the last one says', async (context) => {
	const { name, registrar, key } = await registered(context, { formats: 'json', weight: 1 });
	const changes = Array.from({ length: 50 }, (_, index) =>
		registrar.update(name, '10.0.0.1:80', { weight: index + 2 }),
	);
	await Promise.all(changes);
	const seen = await gateway.get(key('10.0.0.1:80'));
	expect(JSON.parse(seen?.value ?? '')).toMatchObject({ weight: 51 });
	// They came together, so they went together.
	expect(registrar.status().counters.passes.ok).toBeLessThan(10);
});

test('one service in two formats, told apart as two services or as one, has both keys on one lease', async (context) => {
	const { name, registrar, key } = await registered(context);
	await registrar.add({ name, addr: '10.0.0.1:80', formats: ['kratos', 'kitex'] });
	const keys = [
		key('10.0.0.1:80'),
		`/microservices/${name}/${name}-10-0-0-1-80`,
		`kitex/registry-etcd/${name}/10.0.0.1:80`,
	];
	const leases = await Promise.all(keys.map(async (one) => (await gateway.get(one))?.lease));
	expect(new Set(leases)).toEqual(new Set([registrar.status().lease?.id]));
	await registrar.remove(name, '10.0.0.1:80');
	expect(await Promise.all(keys.map((one) => gateway.get(one)))).toEqual([null, null, null]);
});

test('what cannot be is refused at once, and nothing has changed', async (context) => {
	const { name, registrar, key } = await registered(context);
	await registrar.add({ name, addr: '10.0.0.2:80' });
	await expect(registrar.add({ name, addr: '10.0.0.1:80' })).rejects.toThrow(/one key/);
	await expect(registrar.update(name, '10.0.0.1:80', { addr: '10.0.0.2:80' })).rejects.toThrow(/one key/);
	await expect(registrar.update(name, '10.0.0.1:80', { addr: 'nowhere' })).rejects.toThrow(/addr/);
	await expect(registrar.remove(name, '10.0.0.3:80')).rejects.toThrow(/no service/);
	expect(registrar.status().keys.map((one) => one.key)).toEqual([key('10.0.0.1:80'), key('10.0.0.2:80')]);
});

test('a weight function is asked at each pass, and one that fails leaves the last good weight in etcd', async (context) => {
	let weight: () => number = () => 10;
	const { registrar, events, key } = await registered(context, { formats: 'json', weight: () => weight() });
	const seen = await events(key('10.0.0.1:80'));
	const inEtcd = async () =>
		(JSON.parse((await gateway.get(key('10.0.0.1:80')))?.value ?? '{}') as { weight: number }).weight;
	weight = () => 33;
	await registrar.reconcile();
	expect(await inEtcd()).toBe(33);
	weight = () => {
		throw new Error('no weight');
	};
	await registrar.reconcile();
	weight = () => Number.NaN;
	await registrar.reconcile();
	expect(await inEtcd()).toBe(33);
	expect(registrar.status()).toMatchObject({
		ready: true,
		weights: [{ weight: 33 }],
		counters: { passes: { failed: 0 } },
	});
	await until(() => seen.length > 0);
	expect(seen.map(({ type }) => type)).toEqual(['put']);
});

test('a weight that follows the load stands in etcd, in the status and in the metrics, and keeps no process alive', async (context) => {
	const port = await freePort();
	const env = {
		SERVICE_NAME: 'weighed',
		SERVICE_FORMAT: 'json,kitex',
		SERVICE_WEIGHT: 'auto',
		REGISTRAR_HTTP: String(port),
	};
	const command = startRegistrar(etcd.endpoint, { ttlSeconds: 60, env });
	context.onTestFinished(() => end(command));
	await command.registered();
	const weightAt = async (key: string) =>
		(JSON.parse((await gateway.get(key))?.value ?? '{}') as { weight: number }).weight;
	const read = async () => {
		const status = JSON.parse(await getText(`http://127.0.0.1:${port}/status`)) as Status;
		const [weight] = status.weights;
		const metric = `registrar_weight{service="weighed",addr="10.0.0.5:8080"} ${weight?.weight}\n`;
		return { weight, metrics: (await getText(`http://127.0.0.1:${port}/metrics`)).includes(metric) };
	};
	// The machine may become busy between two of these reads.
	const { weight } = await until(async () => {
		const { weight, metrics } = await read();
		const told = await weightAt('/ns/weighed/10.0.0.5:8080');
		const fewer = await weightAt('kitex/registry-etcd/weighed/10.0.0.5:8080');
		return metrics && weight?.weight === told && fewer === Math.max(1, Math.round(told / 10)) && { weight };
	});
	expect(weight).toMatchObject({ service: 'weighed', addr: '10.0.0.5:8080' });
	expect(weight?.why).not.toBe('');
	expect(weight?.weight).toBeGreaterThanOrEqual(10);
	expect(weight?.weight).toBeLessThanOrEqual(100);
	const changes = command.logs().filter(({ message }) => message === 'weight changed');
	expect(weight?.weight).toBe(changes.at(-1)?.percent ?? 100);
	command.signal('SIGTERM');
	expect((await command.waitExit()).code).toBe(0);
});
