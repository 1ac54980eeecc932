import { describe, expect, type TestContext, test } from 'vitest';
import { compile } from '../support/compile.js';
import { needs } from '../support/needs.js';
import { clockMissing, startClock } from '../support/process/faketime.js';
import { startRegistrar } from '../support/process/registrar.js';
import { recordHistory } from '../support/stage/gaps.js';
import { end, rightForGood, type Stage, startStage } from '../support/stage/stage.js';
import { measure, restOf, TTL_SECONDS } from './measure.js';
import { type FaultRow, RECONNECTED } from './row.js';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const RUNS = 5;
type Replacing = (stage: Stage, next: () => ReturnType<typeof startRegistrar>) => Promise<void>;

/** A second process takes the first one's place; etcd's own watch tells whether the key ever went. */
async function replace(context: TestContext, name: string, act: Replacing) {
	const stages: Stage[] = [];
	for (let run = 0; run < RUNS; run += 1) stages.push(await startStage(context, { ttlSeconds: TTL_SECONDS }));
	const results = await Promise.all(
		stages.map(async (stage, run) => {
			const history = await recordHistory(context, stage.gateway, stage.registrar.key);
			await wait(((run + Math.random()) * stage.ttlMs) / RUNS);
			let registrar = stage.registrar;
			await act(stage, () => {
				registrar = startRegistrar(stage.etcd.endpoint, { ttlSeconds: TTL_SECONDS });
				context.onTestFinished(() => end(registrar));
				return registrar;
			});
			await wait(2 * stage.ttlMs);
			const seen = await stage.gateway.get(registrar.key);
			expect(registrar.isOurs(seen?.lease ?? null)).toBe(true);
			expect(await stage.gateway.leases()).toEqual([seen?.lease]);
			return { registrar, missing: history.gaps() > 0 };
		}),
	);
	const missing = results.filter((each) => each.missing).length;
	const row: FaultRow = {
		name,
		bound: 'never missing',
		backMs: null,
		missing,
		runs: RUNS,
		cpuPercent: await restOf(results),
	};
	context.task.meta.faultRow = row;
	expect(missing).toBe(0);
}

describe('a bad day of the process', () => {
	test('killed and started again', (context) =>
		replace(context, 'the registrar is killed and started again at once', async ({ registrar }, next) => {
			registrar.signal('SIGKILL');
			await next().registered();
		}));

	test('rolling replace', (context) =>
		replace(
			context,
			'a rolling replace: the second starts before the first gets SIGTERM',
			async ({ registrar }, next) => {
				await next().registered();
				registrar.signal('SIGTERM');
				expect((await registrar.waitExit()).code).toBe(0);
			},
		));

	test.concurrent.for([
		['back one hour', -3_600],
		['ahead a day', 86_400],
	] as const)('the wall clock steps %s', async ([what, offset], context) => {
		needs(context, clockMissing());
		const clock = startClock();
		await measure(context, {
			name: `the wall clock steps ${what}`,
			bound: 'never missing',
			runs: 3,
			stage: { env: clock.env },
			commit: async ({ ttlMs }) => {
				clock.set(offset);
				await wait(4 * ttlMs);
				return performance.now();
			},
		});
	});

	test('a blocked event loop', async (context) => {
		const entry = await compile(new URL('./programs/library.ts', import.meta.url));
		await measure(context, {
			name: 'the event loop is blocked for two TTLs (library)',
			bound: RECONNECTED,
			stage: { entry, env: { BLOCK_MS: String(2 * TTL_SECONDS * 1_000) } },
			commit: async ({ registrar }) => {
				registrar.signal('SIGUSR1');
				await registrar.waitForLog(({ message }) => message === 'unblocked');
				return performance.now();
			},
		});
	});

	test('stopped in the middle of an outage', async (context) => {
		const stage = await startStage(context, { ttlSeconds: TTL_SECONDS });
		stage.etcd.pause();
		stage.registrar.signal('SIGSTOP');
		await wait(3 * stage.ttlMs);
		stage.etcd.resume();
		stage.registrar.signal('SIGCONT');
		expect(await rightForGood(stage, performance.now())).toBeLessThan(1_500 * 2);
	});
});
