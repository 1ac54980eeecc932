import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startEtcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import { freePort } from '../support/network/net.js';
import { startProxy } from '../support/network/proxy.js';
import { startRegistrar } from '../support/process/registrar.js';
import { recordHistory } from '../support/stage/gaps.js';
import { end, expectRest, observe, startStage } from '../support/stage/stage.js';
import { until } from '../support/until.js';

describe.concurrent('starting', () => {
	test('registers key and value under one lease, and stops without leaving either', async (context) => {
		const { gateway, registrar } = await startStage(context, { ttlSeconds: 1 });
		const seen = await gateway.get('/ns/user/10.0.0.5:8080');
		expect(seen?.value).toBe('10.0.0.5:8080');
		expect(await gateway.leases()).toEqual([seen?.lease]);
		// etcd grants two seconds at least, whatever is asked for.
		const answer = await gateway.call<{ grantedTTL: string }>('/v3/lease/timetolive', { ID: seen?.lease });
		expect(answer.grantedTTL).toBe('2');
		registrar.signal('SIGTERM');
		const goneMs = performance.now();
		expect((await registrar.waitExit()).code).toBe(0);
		expect(performance.now() - goneMs).toBeLessThan(2_000);
		expect(await gateway.get(registrar.key)).toBeNull();
		expect(await gateway.leases()).toEqual([]);
	});

	test('with etcd absent it waits, and registers as soon as etcd is there', async (context) => {
		const port = await freePort();
		const registrar = startRegistrar(`http://127.0.0.1:${port}`);
		context.onTestFinished(() => end(registrar));
		await registrar.waitForLog(({ level }) => level === 'warn');
		const etcd = await startEtcd({ port });
		context.onTestFinished(() => etcd.kill());
		const gateway = new Gateway(etcd.endpoint);
		const thereMs = performance.now();
		const timeline = observe(context, gateway, registrar);
		await timeline.right();
		expect(performance.now() - thereMs).toBeLessThan(3_000);
		await expectRest({ gateway, registrar });
	});

	test.for(['blackhole', 'stall', 'refuse', 'reset'] as const)(
		'with a first endpoint that is broken (%s) the second is used',
		async (mode, context) => {
			const etcd = await startEtcd();
			context.onTestFinished(() => etcd.kill());
			const broken = await startProxy(etcd.endpoint);
			context.onTestFinished(() => broken.close());
			await broken.mode(mode);
			const startedMs = performance.now();
			const registrar = startRegistrar(`${broken.endpoint};${etcd.endpoint}`);
			context.onTestFinished(() => end(registrar));
			const gateway = new Gateway(etcd.endpoint);
			const timeline = observe(context, gateway, registrar);
			await timeline.right();
			// 1.5 s on a machine at rest; the tests start several programs at once.
			expect(performance.now() - startedMs).toBeLessThan(4_000);
			await expectRest({ gateway, registrar });
		},
	);

	test('before anything listens: SERVICE_CHECK=port waits for it, and without a check that is told', async (context) => {
		const etcd = await startEtcd();
		context.onTestFinished(() => etcd.kill());
		const gateway = new Gateway(etcd.endpoint);
		context.onTestFinished(() => gateway.close());
		const port = await freePort();
		const env = { SERVICE_ADDR: `127.0.0.1:${port}` };
		const plain = startRegistrar(etcd.endpoint, { env: { ...env, SERVICE_NAME: 'plain' } });
		const checked = startRegistrar(etcd.endpoint, { env: { ...env, SERVICE_CHECK: 'port' } });
		for (const each of [plain, checked]) context.onTestFinished(() => end(each));
		await plain.registered();
		await plain.waitForLog(({ message }) => message.startsWith(`nothing accepts at 127.0.0.1:${port}`));
		await checked.waitForLog(({ message }) => message.startsWith('the check has not passed yet'));
		expect(await gateway.get(checked.key)).toBeNull();
		const server = createServer().listen(port, '127.0.0.1');
		context.onTestFinished(() => void server.close());
		await checked.registered();
		expect(checked.stderr).not.toContain('nothing accepts');
	});

	test('proxy variables of the environment are not obeyed', async (context) => {
		const nobody = 'http://127.0.0.1:1';
		const env = {
			http_proxy: nobody,
			https_proxy: nobody,
			grpc_proxy: nobody,
			HTTP_PROXY: nobody,
			HTTPS_PROXY: nobody,
			ALL_PROXY: nobody,
		};
		const { gateway, registrar } = await startStage(context, { env });
		expect(await gateway.get(registrar.key)).toMatchObject({ value: registrar.value });
	});

	test('killed and started again at once, the key is never missing, and the old lease ends in peace', async (context) => {
		// Five seconds: a lease that was renewed each third of them outlives the start of a program on a busy
		// machine.
		const { etcd, gateway, registrar } = await startStage(context, {
			ttlSeconds: 5,
			endpoints: (_, { endpoint }) => endpoint,
		});
		const [oldLease] = await gateway.leases();
		const history = await recordHistory(context, gateway, registrar.key);
		registrar.signal('SIGKILL');
		await registrar.waitExit();
		const next = startRegistrar(etcd.endpoint, { ttlSeconds: 5 });
		context.onTestFinished(() => end(next));
		await next.registered();
		await until(async () => (await gateway.leases()).length === 1);
		const seen = await gateway.get(next.key);
		expect(next.isOurs(seen?.lease ?? null)).toBe(true);
		expect(await gateway.leases()).toEqual([seen?.lease]);
		expect(seen?.lease).not.toBe(oldLease);
		expect(history.events.map(({ type }) => type)).toEqual(['put']);
	});
});
