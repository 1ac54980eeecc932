import { expect, type TestContext, test } from 'vitest';
import { createRegistrar, type RegistrarOptions, type ServiceOptions } from '../../src/index.js';
import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import { newerEtcd } from '../support/etcd/newer-etcd.js';
import { needs } from '../support/needs.js';
import { until } from '../support/until.js';

const instances = (count: number, name = 'user'): ServiceOptions[] =>
	Array.from({ length: count }, (_, index) => ({
		name,
		addr: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:80`,
	}));

const keyOf = ({ name, addr }: ServiceOptions): string => `/ns/${name}/${addr}`;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Ending = Pick<TestContext, 'onTestFinished'>;

async function anEtcd(
	{ onTestFinished }: Ending,
	options: Parameters<typeof startEtcd>[0] = {},
): Promise<Etcd> {
	const etcd = await startEtcd(options);
	onTestFinished(() => etcd.kill());
	return etcd;
}

async function registrarOf({ onTestFinished }: Ending, options: RegistrarOptions) {
	const registrar = createRegistrar(options);
	onTestFinished(() => registrar.stop());
	await registrar.start();
	return registrar;
}

const puts = async (etcd: Etcd): Promise<number> => (await etcd.metrics()).sum('etcd_mvcc_put_total');
const count = async (etcd: Etcd, prefix: string): Promise<number> =>
	(await etcd.ctl('get', '--prefix', '--keys-only', prefix)).split('\n').filter((line) => line !== '').length;

test('ten thousand services: a lease for each 500, one PUT each; of a key that goes one PUT more; a stop leaves nothing', async (context) => {
	const etcd = await anEtcd(context);
	const services = instances(10_000);
	const registrar = await registrarOf(context, {
		endpoints: etcd.endpoint,
		ttlSeconds: 60,
		stopTimeoutMs: 30_000,
		services,
	});
	await registrar.ready();
	expect(await count(etcd, '/ns/user/')).toBe(10_000);
	expect(await puts(etcd)).toBe(10_000);
	const { leases } = registrar.status();
	expect(leases.map(({ keys }) => keys)).toEqual(Array.from({ length: 20 }, () => 500));
	expect((await etcd.leases()).toSorted()).toEqual(leases.map(({ id }) => id).toSorted());
	const [gone] = services.slice(7_777);
	await etcd.ctl('del', keyOf(gone ?? { name: '', addr: '' }));
	await until(async () => (await count(etcd, '/ns/user/')) === 10_000, { limitMs: 30_000 });
	expect(await puts(etcd)).toBe(10_001);
	expect(registrar.status().counters.repairs).toMatchObject({ absent: 1 });
	expect(await etcd.leases()).toHaveLength(20);
	await registrar.stop();
	expect(await count(etcd, '/ns/user/')).toBe(0);
	expect(await etcd.leases()).toEqual([]);
});

test('ten thousand services, one of whose leases is revoked, are all back under a new one', async (context) => {
	const etcd = await anEtcd(context);
	const registrar = await registrarOf(context, {
		endpoints: etcd.endpoint,
		ttlSeconds: 60,
		stopTimeoutMs: 30_000,
		services: instances(10_000),
	});
	await registrar.ready();
	const before = registrar.status().lease?.id ?? '0';
	await etcd.ctl('lease', 'revoke', BigInt(before).toString(16));
	await until(() => registrar.status().lease?.id !== before && registrar.status().ready);
	expect(await count(etcd, '/ns/user/')).toBe(10_000);
	expect(await etcd.leases()).toHaveLength(20);
});

test('three hundred keys cost etcd at most 0.05 messages per key and TTL', async (context) => {
	const etcd = await anEtcd(context);
	const [ttlSeconds, intervals, keys] = [3, 5, 300];
	const registrar = await registrarOf(context, {
		endpoints: etcd.endpoint,
		ttlSeconds,
		services: instances(keys),
	});
	await registrar.ready();
	// The first gap is shorter than the interval, and the streams are opened after the first pass.
	await wait(ttlSeconds * 1_100);
	const messages = async () => {
		const metrics = await etcd.metrics();
		return metrics.sum('grpc_server_msg_received_total') + metrics.sum('grpc_server_msg_sent_total');
	};
	const [before, passes] = [await messages(), registrar.status().counters.passes.ok];
	await wait(intervals * ttlSeconds * 1_000);
	const spent = (await messages()) - before;
	expect(registrar.status().counters.passes.ok - passes).toBeGreaterThanOrEqual(intervals - 1);
	expect(spent / keys / intervals).toBeLessThanOrEqual(0.05);
	expect(spent).toBeGreaterThan(0);
});

test('a key that another process holds keeps no other away', async (context) => {
	const etcd = await anEtcd(context);
	const gateway = new Gateway(etcd.endpoint);
	context.onTestFinished(() => gateway.close());
	const services = instances(250);
	const [contested] = services.slice(120);
	const foreign = await gateway.grant(600);
	const held = keyOf(contested ?? { name: '', addr: '' });
	await gateway.put(held, 'other', foreign);
	const registrar = await registrarOf(context, {
		endpoints: etcd.endpoint,
		ttlSeconds: 60,
		onConflict: 'wait',
		services,
	});
	await until(() => registrar.status().keys.filter(({ state }) => state === 'registered').length === 249);
	expect(await gateway.get(held)).toMatchObject({ value: 'other', lease: foreign });
	expect(await count(etcd, '/ns/user/')).toBe(250);
	expect(registrar.status()).toMatchObject({ state: 'standing-by', reason: `another process holds ${held}` });
	await registrar.stop();
	expect(await gateway.get(held)).toMatchObject({ value: 'other', lease: foreign });
	expect(await count(etcd, '/ns/user/')).toBe(1);
});

test('keys that etcd denies keep no other away', async (context) => {
	const etcd = await anEtcd(context, { rootPassword: 'root' });
	await etcd.ctl('user', 'add', 'app:secret');
	await etcd.ctl('role', 'add', 'app');
	await etcd.ctl('role', 'grant-permission', 'app', '--prefix=true', 'readwrite', '/ns/good/');
	await etcd.ctl('user', 'grant-role', 'app', 'app');
	const good = instances(240, 'good');
	const services = [...good.slice(0, 150), ...instances(3, 'bad'), ...good.slice(150)];
	const auth = { username: 'app', password: 'secret' };
	const registrar = await registrarOf(context, { endpoints: etcd.endpoint, ttlSeconds: 2, auth, services });
	const inState = (wanted: string) => registrar.status().keys.filter(({ state }) => state === wanted);
	await until(() => inState('registered').length === 240 && inState('denied').length === 3);
	expect(await count(etcd, '/ns/')).toBe(240);
	expect(await etcd.leases()).toHaveLength(1);
	await etcd.ctl('role', 'grant-permission', 'app', '--prefix=true', 'readwrite', '/ns/bad/');
	await registrar.ready();
	expect(await count(etcd, '/ns/')).toBe(243);
});

test('four thousand keys of a user with the least role, on an etcd that checks every key of a lease: all are registered and stay', async (context) => {
	const binary = newerEtcd('forky');
	needs(context, binary === null ? 'no etcd 3.5.30 can be had' : null);
	const etcd = await anEtcd(context, { rootPassword: 'root', binary: binary ?? undefined });
	await etcd.ctl('user', 'add', 'app:secret');
	await etcd.ctl('role', 'add', 'app');
	await etcd.ctl('role', 'grant-permission', 'app', '--prefix=true', 'readwrite', '/ns/user/');
	await etcd.ctl('user', 'grant-role', 'app', 'app');
	const auth = { username: 'app', password: 'secret' };
	const services = instances(4_000);
	const registrar = await registrarOf(context, { endpoints: etcd.endpoint, ttlSeconds: 5, auth, services });
	await until(() => registrar.status().ready);
	const { ok } = registrar.status().counters.passes;
	await until(() => registrar.status().counters.passes.ok >= ok + 2);
	expect(await count(etcd, '/ns/user/')).toBe(4_000);
	expect(await puts(etcd)).toBe(4_000);
	expect(await etcd.leases()).toHaveLength(8);
});

test('a service that is added later among thousands is there after one pass with one PUT', async (context) => {
	const etcd = await anEtcd(context);
	const registrar = await registrarOf(context, {
		endpoints: etcd.endpoint,
		ttlSeconds: 60,
		stopTimeoutMs: 30_000,
		services: instances(5_000),
	});
	await registrar.ready();
	const before = await puts(etcd);
	await registrar.add({ name: 'pay', addr: '10.0.0.1:80' });
	expect(await count(etcd, '/ns/pay/')).toBe(1);
	expect((await puts(etcd)) - before).toBe(1);
	await Promise.all(instances(500, 'late').map((service) => registrar.add(service)));
	expect(await count(etcd, '/ns/late/')).toBe(500);
	expect((await puts(etcd)) - before).toBe(501);
});
