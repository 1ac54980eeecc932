import { describe, expect, test } from 'vitest';
import { startRegistrar } from '../support/process/registrar.js';
import { recordHistory } from '../support/stage/gaps.js';
import { end, expectQuietLog, type Stage, startStage } from '../support/stage/stage.js';
import { until } from '../support/until.js';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const STANDS_BY = 'another process holds the key: standing by until its lease is gone';

/** A second command with the same service, at the same etcd. */
function twin(
	test: Parameters<typeof startStage>[0],
	{ etcd, ttlMs }: Stage,
	env: Record<string, string> = {},
) {
	const registrar = startRegistrar(etcd.endpoint, { ttlSeconds: ttlMs / 1_000, env });
	test.onTestFinished(() => end(registrar));
	return registrar;
}

describe.concurrent('two processes with one key', () => {
	test('a rolling replace: the second takes the key over, the first leaves it alone when it stops, and it is never missing', async (context) => {
		const stage = await startStage(context);
		const { gateway, registrar, ttlMs } = stage;
		const history = await recordHistory(context, gateway, registrar.key);
		const next = twin(context, stage);
		await next.registered();
		await registrar.waitForLog(({ message }) => message === STANDS_BY);
		registrar.signal('SIGTERM');
		expect((await registrar.waitExit()).code).toBe(0);
		await wait(1.5 * ttlMs);
		expect(history.events.map(({ type }) => type)).toEqual(['put']);
		const seen = await gateway.get(next.key);
		expect(next.isOurs(seen?.lease ?? null)).toBe(true);
		expect(await gateway.leases()).toEqual([seen?.lease]);
	});

	test('twins under take-over do not duel, the superseded one tells it once, and whichever dies the other is registered', async (context) => {
		const stage = await startStage(context);
		const { gateway, registrar, ttlMs } = stage;
		const history = await recordHistory(context, gateway, registrar.key);
		const second = twin(context, stage);
		await second.registered();
		await wait(3 * ttlMs);
		expect(history.events.map(({ type }) => type)).toEqual(['put']);
		expect(registrar.logs().filter(({ message }) => message === STANDS_BY)).toHaveLength(1);
		expectQuietLog(registrar);
		second.signal('SIGKILL');
		await until(async () => registrar.isOurs((await gateway.get(registrar.key))?.lease ?? null), {
			limitMs: 4 * ttlMs,
		});
		// The third is the latest starter, and is superseded by nobody.
		const third = twin(context, stage);
		await third.registered();
		await until(async () => third.isOurs((await gateway.get(registrar.key))?.lease ?? null));
		registrar.signal('SIGKILL');
		await wait(2 * ttlMs);
		expect(third.isOurs((await gateway.get(registrar.key))?.lease ?? null)).toBe(true);
	});

	test('under wait the second stands by until the first is gone, then takes the key at once', async (context) => {
		const stage = await startStage(context);
		const { gateway, registrar, ttlMs } = stage;
		const history = await recordHistory(context, gateway, registrar.key);
		const second = twin(context, stage, { SERVICE_ON_CONFLICT: 'wait' });
		await second.waitForLog(({ message }) => message === STANDS_BY);
		await wait(2 * ttlMs);
		expect(history.events).toEqual([]);
		registrar.signal('SIGTERM');
		await second.registered();
		expect(history.events.map(({ type }) => type)).toEqual(['delete', 'put']);
		expect(await gateway.get(second.key)).toMatchObject({ value: second.value });
	});

	test('under fail the second ends with exit code 75 and has changed nothing', async (context) => {
		const stage = await startStage(context);
		const { gateway, registrar } = stage;
		const history = await recordHistory(context, gateway, registrar.key);
		const second = twin(context, stage, { SERVICE_ON_CONFLICT: 'fail' });
		expect((await second.waitExit()).code).toBe(75);
		expect(history.events).toEqual([]);
		expect(await gateway.leases()).toHaveLength(1);
		expect(registrar.logs().filter(({ level }) => level !== 'info')).toEqual([]);
	});

	test('under fail a restart of etcd, which gives the lease of a dead process its full TTL again, is no sign of life', async (context) => {
		const stage = await startStage(context, { ttlSeconds: 6 });
		const { etcd, gateway, registrar } = stage;
		registrar.signal('SIGKILL');
		await registrar.waitExit();
		const leases = await gateway.leases();
		const second = twin(context, stage, { SERVICE_ON_CONFLICT: 'fail' });
		const asked = async () => (await etcd.metrics()).handled('LeaseTimeToLive');
		// Of the remaining time it has seen a first part.
		await until(async () => (await asked()) > 0);
		await etcd.kill();
		await wait(1_500);
		await etcd.start();
		expect(await gateway.leases()).toEqual(leases);
		await second.registered();
		expect(second.isOurs((await gateway.get(second.key))?.lease ?? null)).toBe(true);
	});

	test('under fail a key on an expired lease is taken, and a later twin kills nobody', async (context) => {
		const stage = await startStage(context);
		const { gateway, registrar } = stage;
		const history = await recordHistory(context, gateway, registrar.key);
		registrar.signal('SIGKILL');
		await registrar.waitExit();
		// A renewal that it sent last may still be on its way through the proxy: seen after the first
		// observation, it is a sign of life.
		await wait(500);
		const second = twin(context, stage, { SERVICE_ON_CONFLICT: 'fail' });
		await second.registered();
		expect(second.isOurs((await gateway.get(second.key))?.lease ?? null)).toBe(true);
		expect(history.events.filter(({ type }) => type === 'put')).toHaveLength(1);
		const third = twin(context, stage);
		await third.registered();
		await second.waitForLog(({ message }) => message === STANDS_BY);
		second.signal('SIGTERM');
		expect((await second.waitExit()).code).toBe(0);
		expect(third.isOurs((await gateway.get(third.key))?.lease ?? null)).toBe(true);
	});
});
