import { describe, expect, test } from 'vitest';
import { startRegistrar } from '../support/process/registrar.js';
import { recordHistory } from '../support/stage/gaps.js';
import { end, expectQuietLog, startStage } from '../support/stage/stage.js';
import { until } from '../support/until.js';
import { TTL_SECONDS } from './measure.js';

const POLICIES = ['take-over', 'wait', 'fail'] as const;
const STANDS_BY = 'another process holds the key: standing by until its lease is gone';
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const pairs = POLICIES.flatMap((first) => POLICIES.map((second) => ({ first, second })));

/** What the sleeper was about to do when it was stopped. */
const MOMENTS = ['at rest', 'in the middle of a pass'] as const;

describe.concurrent.each(MOMENTS)(
	'a process that was stopped %s while another took its place, and wakes up',
	(moment) => {
		test.for(pairs)(
			'under $first, the other under $second, sees it and writes nothing',
			async ({ first, second }, context) => {
				const stage = await startStage(context, {
					ttlSeconds: TTL_SECONDS,
					env: { SERVICE_ON_CONFLICT: first },
				});
				const { etcd, gateway, registrar, proxy, ttlMs } = stage;
				if (moment !== 'at rest') {
					proxy.delay({ ms: 50 });
					await gateway.delete(registrar.key);
					// Between the news of it and the put: four answers are waited for.
					await wait(Math.random() * 400);
				}
				registrar.signal('SIGSTOP');
				const next = startRegistrar(etcd.endpoint, {
					ttlSeconds: TTL_SECONDS,
					env: { SERVICE_ON_CONFLICT: second },
				});
				context.onTestFinished(() => end(next));
				await next.registered();
				const right = async () => next.isOurs((await gateway.get(registrar.key))?.lease ?? null);
				await until(right);
				// Longer than any lease of the sleeper lives.
				await wait(2 * ttlMs);
				const history = await recordHistory(context, gateway, registrar.key);
				registrar.signal('SIGCONT');
				await registrar.waitForLog(({ message }) => message === STANDS_BY);
				await wait(3 * ttlMs);
				expect(history.events).toEqual([]);
				expect(registrar.logs().filter(({ message }) => message === STANDS_BY)).toHaveLength(1);
				expectQuietLog(registrar);
				expectQuietLog(next);
				registrar.signal('SIGTERM');
				expect((await registrar.waitExit()).code).toBe(0);
				expect(history.events).toEqual([]);
				expect(await right()).toBe(true);
				expect((await gateway.leases()).filter((lease) => !next.isOurs(lease))).toEqual([]);
				const name = `stopped ${moment} under ${first}, superseded under ${second}, woken up`;
				const bound = { words: 'writes nothing' };
				context.task.meta.faultRow = { name, runs: 1, backMs: null, missing: 0, bound, cpuPercent: null };
			},
		);
	},
);
