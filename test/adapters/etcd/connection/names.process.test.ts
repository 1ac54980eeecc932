import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Etcd, startEtcd } from '../../../support/etcd/etcd.js';
import { dnsMissing, startDns, type TestDns } from '../../../support/network/dns.js';
import { startProxy, type TcpProxy } from '../../../support/network/proxy.js';
import { type RunningRegistrar, startRegistrar } from '../../../support/process/registrar.js';
import { until } from '../../../support/until.js';

/** Far below what the C library waits for a silent DNS, generous for a busy machine. */
const PROMPT_MS = 4_000;
const missing = dnsMissing();

describe.skipIf(missing !== null)(`names of endpoints${missing === null ? '' : ` (${missing})`}`, () => {
	let etcd: Etcd;
	let proxy: TcpProxy;
	let dns: TestDns;

	beforeAll(async () => {
		etcd = await startEtcd();
	});
	afterAll(() => etcd.stop());
	beforeEach(async () => {
		proxy = await startProxy(etcd.endpoint);
		dns = await startDns({ 'good.test': '127.0.0.1' }, 'test');
	});
	afterEach(async () => {
		dns.close();
		await proxy.close();
	});

	const start = (...hosts: string[]): RunningRegistrar => startWith({}, hosts);
	const startWith = (env: Readonly<Record<string, string>>, hosts: readonly string[]): RunningRegistrar =>
		startRegistrar(hosts.map((host) => `http://${host}:${proxy.port}`).join(';'), {
			wrap: dns.wrap,
			// With etcd out of reach a stop takes so long: what is proved is that it takes no longer.
			env: { REGISTRAR_STOP_TIMEOUT: '1s', ...env },
		});
	async function stopsPromptly(registrar: RunningRegistrar): Promise<void> {
		const beganMs = performance.now();
		registrar.signal('SIGTERM');
		expect((await registrar.waitExit()).code).toBe(0);
		expect(performance.now() - beganMs).toBeLessThan(PROMPT_MS);
	}

	test('a name is found by DNS, also by the search list', async () => {
		const registrar = start('good');
		await registrar.registered();
		expect(dns.asked).toContain('good.test');
		await stopsPromptly(registrar);
	});

	test('a name that DNS leaves without an answer keeps no other endpoint away, and nobody waits for it at the end', async () => {
		dns.silent.add('silent.test');
		const registrar = start('silent.test', 'good.test');
		await registrar.registered();
		proxy.reset();
		await until(() => proxy.connections > 0);
		await stopsPromptly(registrar);
		// One query at a time, for two families, three tries each.
		expect(dns.asked.filter((name) => name === 'silent.test').length).toBeLessThan(20);
	});

	test('DNS is silent from the start: the process ends when it is told to', async () => {
		dns.silent.add('all');
		const registrar = start('good.test');
		await until(() => dns.asked.length > 0);
		await until(() => registrar.logs().some(({ level }) => level === 'warn' || level === 'error'));
		await stopsPromptly(registrar);
	});

	test('nor does an address that is to be found out by the route to etcd keep it', async () => {
		dns.silent.add('all');
		const registrar = startWith({ SERVICE_ADDR: ':8080' }, ['good.test']);
		await until(() => dns.asked.length > 0);
		await stopsPromptly(registrar);
	});

	test('DNS falls silent and the connection breaks: the address is known, the registrar is back without DNS', async () => {
		const registrar = start('good.test');
		await registrar.registered();
		dns.silent.add('all');
		const { accepted } = proxy;
		proxy.reset();
		await until(() => proxy.accepted > accepted && proxy.connections > 0);
		await etcd.ctl('del', registrar.key);
		await until(async () => (await etcd.ctl('get', registrar.key)) !== '', { limitMs: PROMPT_MS });
		await stopsPromptly(registrar);
	});
});
