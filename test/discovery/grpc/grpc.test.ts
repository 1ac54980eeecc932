/** `etcd:///name` dialled by real clients of each release of grpc-js, on a real etcd. */
import { beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { type DirectoryOptions, registerResolver } from '../../../src/grpc.js';
import { createRegistrar } from '../../../src/index.js';
import { type Etcd, startEtcd } from '../../support/etcd/etcd.js';
import { freePort } from '../../support/network/net.js';
import { startProxy } from '../../support/network/proxy.js';
import { until } from '../../support/until.js';
import { RELEASES, type Who, whoClient, whoServer } from './who.js';

let etcd: Etcd;
beforeAll(async () => {
	etcd = await startEtcd();
	return () => etcd.kill();
});

let count = 0;
const fresh = (): string => `who-${++count}`;

async function aServer({ onTestFinished }: TestContext, options = {}): Promise<string> {
	const server = await whoServer(options);
	onTestFinished(() => server.stop());
	return server.addr;
}

async function register({ onTestFinished }: TestContext, name: string, addrs: readonly string[], at = etcd) {
	const registrar = createRegistrar({
		endpoints: at.endpoint,
		services: addrs.map((addr) => ({ name, addr, formats: 'grpc' as const })),
	});
	onTestFinished(() => registrar.stop());
	await registrar.start();
	await registrar.ready();
	return registrar;
}

describe.each(Object.entries(RELEASES))('grpc-js %s', (_release, grpc) => {
	/** Clients that are made after this are closed with the test. */
	function dialling({ onTestFinished }: TestContext, options: Partial<DirectoryOptions> = {}) {
		registerResolver(grpc, { endpoints: etcd.endpoint, format: 'grpc', ...options });
		return (target: string, channelOptions = {}): Who => {
			const client = whoClient(grpc, target, channelOptions);
			onTestFinished(() => client.close());
			return client;
		};
	}
	const answers = (client: Who, ...addrs: readonly string[]) =>
		until(async () => (await client.answering()) === [...addrs].sort().join(), {
			what: `answers from ${addrs}`,
		});

	test('calls are spread over the instances, which are followed', async (context) => {
		const name = `shop/${fresh()}.7`;
		const [one, other] = [await aServer(context), await aServer(context)];
		const registrar = await register(context, name, [one]);
		const client = dialling(context)(`etcd:///${name}`);
		expect(await client.ask()).toBe(one);
		await registrar.add({ name, addr: other, formats: 'grpc' });
		await answers(client, one, other);
		await registrar.remove(name, one);
		await answers(client, other);
	});

	test('without an instance a call fails at once, with the reason; one that waits is answered', async (context) => {
		const name = fresh();
		const client = dialling(context)(`etcd:///${name}`);
		await expect(client.ask()).rejects.toMatchObject({
			code: grpc.status.UNAVAILABLE,
			details: expect.stringContaining(`no instance of ${name} is registered`),
		});
		const waiting = client.ask({ deadlineMs: 30_000, waitForReady: true });
		const addr = await aServer(context);
		await register(context, name, [addr]);
		expect(await waiting).toBe(addr);
	});

	test('with etcd away a call fails with the reason, and the same client finds the instances once it is there', async (context) => {
		const [name, port] = [fresh(), await freePort()];
		const client = dialling(context, { endpoints: `127.0.0.1:${port}` })(`etcd:///${name}`);
		await expect(client.ask()).rejects.toMatchObject({
			code: grpc.status.UNAVAILABLE,
			details: expect.stringContaining(`${name} cannot be looked up, etcd does not answer: `),
		});
		const late = await startEtcd({ port });
		context.onTestFinished(() => late.kill());
		const addr = await aServer(context);
		await register(context, name, [addr], late);
		await until(() => client.ask());
	});

	test('an outage of etcd, or an etcd that knows no instance any more, takes no address away', async (context) => {
		const name = fresh();
		const own = await startEtcd();
		context.onTestFinished(() => own.kill());
		const addr = await aServer(context);
		const registrar = await register(context, name, [addr], own);
		const client = dialling(context, { endpoints: own.endpoint, emptyGraceSeconds: 0.2, pollSeconds: 0.2 })(
			`etcd:///${name}`,
		);
		expect(await client.ask()).toBe(addr);
		await registrar.stop();
		for (let n = 0; n < 20; n += 1) {
			expect(await client.ask()).toBe(addr);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		await own.kill();
		expect(await client.ask()).toBe(addr);
	});

	test('an idle channel lets go of etcd, and comes back with the last known even while etcd is away', async (context) => {
		const [name, addr] = [fresh(), await aServer(context)];
		const proxy = await startProxy(etcd.endpoint);
		context.onTestFinished(() => proxy.close());
		await register(context, name, [addr]);
		const client = dialling(context, { endpoints: proxy.endpoint })(`etcd:///${name}`, {
			'grpc.client_idle_timeout_ms': 1_000,
		});
		expect(await client.ask()).toBe(addr);
		await until(() => proxy.connections === 0);
		await proxy.mode('refuse');
		expect(await client.ask()).toBe(addr);
	});

	test('channels of one name share one reader of etcd, and the last one that is closed ends it', async (context) => {
		const [name, addr] = [fresh(), await aServer(context)];
		const proxy = await startProxy(etcd.endpoint);
		context.onTestFinished(() => proxy.close());
		await register(context, name, [addr]);
		const dial = dialling(context, { endpoints: proxy.endpoint });
		const clients = [
			dial(`etcd:///${name}`),
			dial(`etcd:///${name}`, { 'grpc.use_local_subchannel_pool': 1 }),
		];
		for (const client of clients) expect(await client.ask()).toBe(addr);
		expect([proxy.connections, proxy.accepted]).toEqual([1, 1]);
		clients[0]?.close();
		expect(await clients[1]?.ask()).toBe(addr);
		clients[1]?.close();
		await until(() => proxy.connections === 0);
	});

	test('the service config of the channel decides over the balancing, where it says something of it', async (context) => {
		const name = fresh();
		const addrs = [await aServer(context), await aServer(context), await aServer(context)];
		await register(context, name, addrs);
		const dial = dialling(context);
		const config = (text: object) => ({ 'grpc.service_config': JSON.stringify(text) });
		const first = dial(`etcd:///${name}`, config({ loadBalancingConfig: [{ pick_first: {} }] }));
		await first.ask();
		expect((await first.answering()).split(',')).toHaveLength(1);
		const policy = dial(`etcd:///${name}`, config({ loadBalancingPolicy: 'PICK_FIRST' }));
		await policy.ask();
		expect((await policy.answering()).split(',')).toHaveLength(1);
		const others = dial(`etcd:///${name}`, config({ methodConfig: [{ name: [{}], waitForReady: true }] }));
		await answers(others, ...addrs);
	});

	test('the time-outs of the service config hold', async (context) => {
		const [name, slow] = [fresh(), await aServer(context, { takesMs: 5_000 })];
		await register(context, name, [slow]);
		const client = dialling(context)(`etcd:///${name}`, {
			'grpc.service_config': JSON.stringify({ methodConfig: [{ name: [{}], timeout: '0.25s' }] }),
		});
		await expect(client.ask()).rejects.toMatchObject({ code: grpc.status.DEADLINE_EXCEEDED });
	});

	test('wrong options are told at once, a name that no service can have when it is dialled', (context) => {
		expect(() => registerResolver(grpc, { endpoints: 'ftp://x', pollSeconds: 0 })).toThrow(/2 problems/);
		expect(() => registerResolver(grpc, undefined as never)).toThrow(/endpoints/);
		expect(() => dialling(context)('etcd:///a//b')).toThrow(/name is "a\/\/b"/);
	});
});
