import { setTimeout } from 'node:timers/promises';
import { expect, type TestContext, test } from 'vitest';
import { createRegistrar, type RegistrarOptions, type ServiceOptions } from '../../src/index.js';
import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import type { EtcdOptions } from '../support/etcd/etcd-args.js';
import { Gateway } from '../support/etcd/gateway.js';
import { newerEtcd } from '../support/etcd/newer-etcd.js';
import { needs } from '../support/needs.js';
import { startProxy } from '../support/network/proxy.js';
import { until } from '../support/until.js';

const instances = (count: number, name = 'user'): ServiceOptions[] =>
	Array.from({ length: count }, (_, index) => ({ name, addr: `10.0.${index >> 8}.${index & 255}:80` }));

/** An etcd behind a link with this round trip in milliseconds, and what counts its keys without it. */
async function far(
	{ onTestFinished }: Pick<TestContext, 'onTestFinished'>,
	rttMs: number,
	options: EtcdOptions = {},
) {
	const etcd = await startEtcd(options);
	onTestFinished(() => etcd.kill());
	const proxy = await startProxy(etcd.endpoint);
	onTestFinished(() => proxy.close());
	proxy.delay({ ms: rttMs / 2 });
	const registrarOf = async (rest: Omit<RegistrarOptions, 'endpoints'>) => {
		const registrar = createRegistrar({ endpoints: proxy.endpoint, ...rest });
		onTestFinished(() => registrar.stop());
		await registrar.start();
		return registrar;
	};
	return { etcd, proxy, registrarOf };
}

const keysIn = async (etcd: Etcd, prefix = '/ns/'): Promise<number> =>
	(await etcd.ctl('get', '--prefix', '--keys-only', prefix)).split('\n').filter((line) => line !== '').length;

/**
 * The number of keys until the promise is fulfilled, each time it is another. Whoever lost keys needs two
 * round trips to put them again, so no gap falls between two readings; reading without a pause would take the
 * processor that the registrar needs within a TTL of 2 s.
 */
async function countsUntil(etcd: Etcd, end: Promise<unknown>): Promise<number[]> {
	const counts: number[] = [];
	let isOver = false;
	void end.finally(() => {
		isOver = true;
	});
	while (!isOver) {
		const count = await keysIn(etcd);
		if (counts.at(-1) !== count) counts.push(count);
		await setTimeout(100);
	}
	await end;
	return counts;
}

/** Resolves after so many further passes. */
const passes = async (registrar: ReturnType<typeof createRegistrar>, count: number): Promise<void> => {
	const before = registrar.status().counters.passes.ok;
	await until(() => registrar.status().counters.passes.ok >= before + count, { limitMs: 60_000 });
};

test.for([
	[600, 350, 2],
	[2_000, 250, 5],
	[10_000, 60, 5],
	[1_600, 700, 2],
] as const)(
	'%i keys over a link with a round trip of %i ms and a TTL of %i s: what was written stays',
	async ([count, rttMs, ttlSeconds], context) => {
		const { etcd, registrarOf } = await far(context, rttMs);
		const registrar = await registrarOf({ services: instances(count), ttlSeconds });
		const counts = await countsUntil(
			etcd,
			registrar.ready().then(() => passes(registrar, 3)),
		);
		expect(counts).toEqual(counts.toSorted((a, b) => a - b));
		expect(counts.at(-1)).toBe(count);
		expect(await etcd.leases()).toHaveLength(Math.ceil(count / 500));
	},
);

test('over a link with a round trip of 1.5 s it registers, and comes back from a reset', async (context) => {
	const { etcd, proxy, registrarOf } = await far(context, 1_500);
	const registrar = await registrarOf({ services: instances(1), ttlSeconds: 5 });
	await registrar.ready();
	const dialled = proxy.accepted;
	proxy.reset();
	await etcd.ctl('del', '/ns/user/10.0.0.0:80');
	await until(async () => (await keysIn(etcd)) === 1, { limitMs: 60_000 });
	expect(proxy.accepted).toBeGreaterThan(dialled);
	await passes(registrar, 2);
	expect(await keysIn(etcd)).toBe(1);
});

/** A user who may write below one prefix, and the way to allow further ones. */
async function withUser(etcd: Etcd, prefix: string) {
	const allow = (other: string) =>
		etcd.ctl('role', 'grant-permission', 'app', '--prefix=true', 'readwrite', other);
	await etcd.ctl('user', 'add', 'app:secret');
	await etcd.ctl('role', 'add', 'app');
	await allow(prefix);
	await etcd.ctl('user', 'grant-role', 'app', 'app');
	return { auth: { username: 'app', password: 'secret' }, allow };
}

test('8 denied keys among 100 over a link of 100 ms cost the others nothing, and are registered once they are allowed', async (context) => {
	const { etcd, registrarOf } = await far(context, 100, { rootPassword: 'root' });
	const { auth, allow } = await withUser(etcd, '/ns/good/');
	const good = instances(92, 'good');
	const services = instances(8, 'bad').flatMap((bad, n) => [bad, ...good.slice(n * 12, n * 12 + 12)]);
	const registrar = await registrarOf({ services, ttlSeconds: 2, auth });
	const inState = (wanted: string) => registrar.status().keys.filter(({ state }) => state === wanted).length;
	await until(() => inState('registered') === 92 && inState('denied') === 8);
	expect(await keysIn(etcd)).toBe(92);
	await allow('/ns/bad/');
	await registrar.ready();
	expect(await keysIn(etcd)).toBe(100);
});

test('etcd 3.5.30, a link of 100 ms: the permission on 8 keys is taken away while it runs, and the other 92 are never missing', async (context) => {
	const binary = newerEtcd('forky');
	needs(context, binary === null ? 'no etcd 3.5.30 can be had' : null);
	const { etcd, registrarOf } = await far(context, 100, {
		rootPassword: 'root',
		binary: binary ?? undefined,
	});
	const { auth, allow } = await withUser(etcd, '/ns/good/');
	await allow('/ns/bad/');
	const services = [...instances(92, 'good'), ...instances(8, 'bad')];
	const registrar = await registrarOf({ services, ttlSeconds: 2, auth });
	await registrar.ready();
	await etcd.ctl('role', 'revoke-permission', '--prefix=true', 'app', '/ns/bad/');
	const counts: number[] = [];
	const isDenied = () => registrar.status().keys.filter(({ state }) => state === 'denied').length === 8;
	await until(async () => counts.push(await keysIn(etcd, '/ns/good/')) > 0 && isDenied());
	const { ok } = registrar.status().counters.passes;
	// Such an etcd renews no lease on which a denied key hangs: by the end it has run out.
	await until(async () => {
		counts.push(await keysIn(etcd, '/ns/good/'));
		return registrar.status().counters.passes.ok >= ok + 5 && (await keysIn(etcd)) === 92;
	});
	expect(new Set(counts)).toEqual(new Set([92]));
});

test('of 150 denied keys those that are allowed later are registered, whichever they are', async (context) => {
	const { etcd, registrarOf } = await far(context, 1, { rootPassword: 'root' });
	const { auth, allow } = await withUser(etcd, '/ns/good/');
	const registrar = await registrarOf({ services: instances(150, 'bad'), ttlSeconds: 2, auth });
	await until(() => registrar.status().keys.every(({ state }) => state === 'denied'));
	await allow('/ns/bad/10.0.0.149:80');
	const inEtcd = () => keysIn(etcd).then((count) => count === 1);
	await until(inEtcd);
	expect(registrar.status().counters.passes.ok).toBeGreaterThan(0);
});

test('300 keys held by 300 other leases over a link of 30 ms: a free key is put at once, and who is left alive takes over', async (context) => {
	const { etcd, registrarOf } = await far(context, 30);
	const gateway = new Gateway(etcd.endpoint);
	context.onTestFinished(() => gateway.close());
	const held = instances(300, 'held');
	// One after the other: three hundred at once would wait for each other beyond their deadline.
	for (const { addr } of held) await gateway.put(`/ns/held/${addr}`, 'other', await gateway.grant(12));
	const registrar = await registrarOf({
		services: [...held, ...instances(1, 'free')],
		ttlSeconds: 2,
		onConflict: 'wait',
	});
	await until(async () => (await gateway.get('/ns/free/10.0.0.0:80')) !== null);
	expect(await gateway.get('/ns/held/10.0.1.43:80')).toMatchObject({ value: 'other' });
	await registrar.ready();
	expect(await keysIn(etcd)).toBe(301);
	expect(await gateway.get('/ns/held/10.0.0.0:80')).toMatchObject({ value: '10.0.0.0:80' });
});

test('a stop with 10,000 keys over a link of 60 ms takes a few round trips and leaves nothing', async (context) => {
	const { etcd, registrarOf } = await far(context, 60);
	const registrar = await registrarOf({ services: instances(10_000), ttlSeconds: 60 });
	await registrar.ready();
	const before = await etcd.metrics();
	await registrar.stop();
	expect(await keysIn(etcd)).toBe(0);
	expect(await etcd.leases()).toEqual([]);
	const after = await etcd.metrics();
	const calls = (method: string) => after.handled(method) - before.handled(method);
	// Revoking takes the keys along: no key is read or deleted, which would take a hundred transactions.
	expect([calls('LeaseRevoke'), calls('Txn'), calls('DeleteRange')]).toEqual([20, 0, 0]);
});

test('of 400 keys one that is deleted is back long before the poll, also after the watch was cut', async (context) => {
	const { etcd, proxy, registrarOf } = await far(context, 2);
	const registrar = await registrarOf({ services: instances(400), ttlSeconds: 60 });
	await registrar.ready();
	const isBack = () => keysIn(etcd).then((count) => count === 400);
	await etcd.ctl('del', '/ns/user/10.0.1.7:80');
	await until(isBack, { limitMs: 20_000 });
	proxy.reset();
	await etcd.ctl('del', '/ns/user/10.0.1.8:80');
	await until(isBack, { limitMs: 20_000 });
});

test.for([
	['operations in a transaction', ['--max-txn-ops', '32'], 'v'],
	['bytes in a request', ['--max-request-bytes', '4096'], 'v'.repeat(60)],
] as const)('an etcd that takes few %s gets smaller ones', async ([, args, filling], context) => {
	const { etcd, registrarOf } = await far(context, 1, { args });
	const services = instances(120).map((service) => ({
		...service,
		formats: ['json' as const],
		metadata: { filling },
	}));
	const registrar = await registrarOf({ services, ttlSeconds: 2 });
	await registrar.ready();
	await passes(registrar, 3);
	expect(await keysIn(etcd)).toBe(120);
	expect(await etcd.leases()).toHaveLength(1);
});

test('a value of 5 MiB that somebody wrote is replaced, and stops no other key', async (context) => {
	const { etcd, registrarOf } = await far(context, 1, { args: ['--max-request-bytes', '8388608'] });
	const registrar = await registrarOf({ services: instances(5), ttlSeconds: 2 });
	await registrar.ready();
	const base64 = (text: string) => Buffer.from(text).toString('base64');
	const body = JSON.stringify({
		key: base64('/ns/user/10.0.0.1:80'),
		value: base64('x'.repeat(5 * 1024 * 1024)),
	});
	expect((await fetch(`${etcd.endpoint}/v3/kv/put`, { method: 'POST', body })).ok).toBe(true);
	await etcd.ctl('del', '/ns/user/10.0.0.2:80');
	await until(async () => (await keysIn(etcd, '/ns/user/10.0.0.2:80')) === 1);
	await until(
		async () =>
			(await etcd.ctl('get', '--print-value-only', '/ns/user/10.0.0.1:80')).trim() === '10.0.0.1:80',
	);
	expect(
		registrar.status().counters.repairs.value_drift + registrar.status().counters.repairs.no_lease,
	).toBeGreaterThan(0);
});
