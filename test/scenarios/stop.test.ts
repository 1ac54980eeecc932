import { describe, expect, test } from 'vitest';
import { startEtcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import { startRegistrar } from '../support/process/registrar.js';
import { end, startStage } from '../support/stage/stage.js';
import { until } from '../support/until.js';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a SIGTERM', () => {
	test('at any moment of the start-up ends in exit 0 with no key and no lease left', async (context) => {
		const etcd = await startEtcd();
		context.onTestFinished(() => etcd.kill());
		const gateway = new Gateway(etcd.endpoint);
		context.onTestFinished(() => gateway.close());
		const outcomes: string[] = [];
		const isHandled = () => outcomes.some((outcome) => outcome.includes(': 0,'));
		// On a busy machine Node alone may need longer than that to start.
		for (let delayMs = 0; delayMs <= 400 || !isHandled(); delayMs += delayMs < 400 ? 10 : 100) {
			const registrar = startRegistrar(etcd.endpoint, { ttlSeconds: 5 });
			await wait(delayMs);
			registrar.signal('SIGTERM');
			const { code, signal } = await registrar.waitExit();
			const left = [
				(await gateway.get(registrar.key)) === null ? 'no key' : 'KEY',
				(await gateway.leases()).length,
			];
			outcomes.push(`after ${delayMs} ms: ${code ?? signal}, ${left.join(', ')} leases`);
		}
		// Before Node runs the first line of the program nobody can handle a signal, and nothing is registered
		// either.
		expect(outcomes.filter((outcome) => !/: (0|SIGTERM), no key, 0 leases/.test(outcome))).toEqual([]);
	});
});

describe.concurrent('stopping', () => {
	test.for(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)(
		'%s takes the key and the lease away at once',
		async (signal, context) => {
			const { gateway, registrar } = await startStage(context);
			registrar.signal(signal);
			expect(await registrar.waitExit()).toMatchObject({ code: 0, signal: null });
			expect(await gateway.get(registrar.key)).toBeNull();
			expect(await gateway.leases()).toEqual([]);
		},
	);

	test('SIGTERM and SIGHUP at once, as systemd may send them, are one request', async (context) => {
		const { gateway, registrar } = await startStage(context);
		registrar.signal('SIGTERM');
		registrar.signal('SIGHUP');
		expect(await registrar.waitExit()).toMatchObject({ code: 0, signal: null });
		expect(await gateway.leases()).toEqual([]);
	});

	test('SIGUSR1 does nothing: no inspector opens', async (context) => {
		const { gateway, registrar } = await startStage(context);
		registrar.signal('SIGUSR1');
		// Handled after it, so both were seen when the key is gone.
		registrar.signal('SIGUSR2');
		await until(async () => (await gateway.get(registrar.key)) === null);
		expect(registrar.stderr).not.toContain('Debugger');
	});

	test('with etcd down it gives up after REGISTRAR_STOP_TIMEOUT, says that the key goes with its TTL, and exits 0', async (context) => {
		const { etcd, registrar } = await startStage(context, { env: { REGISTRAR_STOP_TIMEOUT: '1s' } });
		await etcd.kill();
		await stopsWithin(registrar, 1_000);
	});

	test('with etcd silent it gives up after REGISTRAR_STOP_TIMEOUT, says that the key goes with its TTL, and exits 0', async (context) => {
		const { etcd, registrar } = await startStage(context, { env: { REGISTRAR_STOP_TIMEOUT: '1s' } });
		etcd.pause();
		await stopsWithin(registrar, 1_000);
		etcd.resume();
	});

	test('in the middle of an outage it stops as fast', async (context) => {
		const { proxy, registrar } = await startStage(context, { env: { REGISTRAR_STOP_TIMEOUT: '1s' } });
		await proxy.mode('blackhole');
		await registrar.waitForLog(({ level }) => level === 'warn');
		await stopsWithin(registrar, 1_000);
	});

	test('never registered and etcd absent, it stops as fast', async (context) => {
		const registrar = startRegistrar('http://127.0.0.1:1', { env: { REGISTRAR_STOP_TIMEOUT: '1s' } });
		context.onTestFinished(() => end(registrar));
		await registrar.waitForLog(({ level }) => level === 'warn');
		await stopsWithin(registrar, 1_000, /stopping/);
	});

	test('a second signal leaves at once', async (context) => {
		const { etcd, registrar } = await startStage(context, { env: { REGISTRAR_STOP_TIMEOUT: '20s' } });
		etcd.pause();
		registrar.signal('SIGTERM');
		await registrar.waitForLog(({ message }) => message === 'stopping');
		// The same signal within a blink is the same request: npm and timeout send it to the group too.
		await wait(200);
		registrar.signal('SIGTERM');
		const signalledMs = performance.now();
		expect((await registrar.waitExit()).code).toBe(0);
		expect(performance.now() - signalledMs).toBeLessThan(3_000);
		etcd.resume();
	});
});

/** The time given, what the log may take to end, and room for a busy machine. */
async function stopsWithin(
	registrar: ReturnType<typeof startRegistrar>,
	limitMs: number,
	says = /keys go when their lease runs out/,
): Promise<void> {
	registrar.signal('SIGTERM');
	const signalledMs = performance.now();
	const { code, stderr } = await registrar.waitExit();
	expect(code).toBe(0);
	expect(performance.now() - signalledMs).toBeLessThan(limitMs + 2_000);
	expect(stderr).toMatch(says);
}
