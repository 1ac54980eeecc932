import { describe, expect, type TestContext, test } from 'vitest';
import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import { startProxy, type TcpProxy } from '../support/network/proxy.js';
import { type RunningRegistrar, startRegistrar } from '../support/process/registrar.js';
import { end } from '../support/stage/stage.js';
import { until } from '../support/until.js';

const TTL_SECONDS = 3;
/** Each way: every answer takes a tenth of a second, so that a signal can come between any two. */
const SLOW = { ms: 50 };
const EVERY_MS = 20;
const LAST_MS = 640;
const LANES = 4;
const STOP_TIMEOUT_MS = 1_000;
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

interface Lane {
	readonly etcd: Etcd;
	readonly proxy: TcpProxy;
	readonly gateway: Gateway;
}

/** Begins a pass that has everything to do; resolves to the registrar when it has begun. */
type Begin = (lane: Lane, start: () => RunningRegistrar) => Promise<RunningRegistrar>;

const PASSES: readonly { readonly pass: string; readonly begin: Begin }[] = [
	{
		pass: 'the first pass',
		begin: async ({ proxy }, start) => {
			const before = proxy.accepted;
			const registrar = start();
			await until(() => proxy.accepted > before, { everyMs: 1 });
			return registrar;
		},
	},
	{
		pass: 'a pass that mends',
		begin: async ({ gateway }, start) => {
			const registrar = start();
			await until(async () => registrar.isOurs((await gateway.get(registrar.key))?.lease ?? null));
			// Past the streams that open after the first pass.
			await wait(8 * SLOW.ms);
			await gateway.delete(registrar.key);
			return registrar;
		},
	},
];

/** What etcd has been asked for since, in the order in which a pass asks. */
async function asked({ etcd }: Lane): Promise<Record<'grants' | 'puts' | 'renewals', number>> {
	const metrics = await etcd.metrics();
	return {
		grants: metrics.handled('LeaseGrant'),
		puts: metrics.handled('Txn'),
		renewals: metrics.received('LeaseKeepAlive'),
	};
}

interface Outcome {
	readonly afterMs: number;
	readonly code: number | NodeJS.Signals | null;
	readonly exitMs: number;
	readonly left: string;
	/** How far the pass was. */
	readonly stage: string;
}

/** One registrar for each moment, some beside each other. */
async function sweep(context: TestContext, begin: Begin, silent: boolean): Promise<Outcome[]> {
	const moments = Array.from({ length: LAST_MS / EVERY_MS + 1 }, (_, n) => n * EVERY_MS);
	const outcomes: Outcome[] = [];
	const lanes = Array.from({ length: LANES }, async () => {
		const lane = await openLane(context);
		for (let moment = moments.shift(); moment !== undefined; moment = moments.shift())
			outcomes.push(await stopAt(context, lane, begin, moment, silent));
	});
	await Promise.all(lanes);
	return outcomes;
}

async function openLane(context: TestContext): Promise<Lane> {
	const etcd = await startEtcd();
	context.onTestFinished(() => etcd.kill());
	const proxy = await startProxy(etcd.endpoint);
	context.onTestFinished(() => proxy.close());
	proxy.delay(SLOW);
	const gateway = new Gateway(etcd.endpoint);
	context.onTestFinished(() => gateway.close());
	return { etcd, proxy, gateway };
}

async function stopAt(
	context: TestContext,
	lane: Lane,
	begin: Begin,
	afterMs: number,
	silent: boolean,
): Promise<Outcome> {
	const { proxy, gateway } = lane;
	const env = { REGISTRAR_STOP_TIMEOUT: `${silent ? STOP_TIMEOUT_MS : 5_000}ms` };
	const registrar = await begin(lane, () => startRegistrar(proxy.endpoint, { ttlSeconds: TTL_SECONDS, env }));
	context.onTestFinished(() => end(registrar));
	const before = await asked(lane);
	await wait(afterMs);
	if (silent) {
		await proxy.mode('blackhole');
		// Also a pass that has hung for a while is stopped.
		await wait((afterMs * 7) % 300);
	}
	registrar.signal('SIGTERM');
	const signalledMs = performance.now();
	const now = await asked(lane);
	const { code, signal } = await registrar.waitExit();
	const exitMs = performance.now() - signalledMs;
	const left = `${(await gateway.get(registrar.key)) === null ? 'no key' : 'the key'}, ${(await gateway.leases()).length} leases`;
	if (silent) {
		await proxy.mode('pass');
		for (const lease of await gateway.leases()) await gateway.revoke(lease);
	}
	const stage = [
		now.grants > before.grants ? 'granted' : 'not granted',
		now.puts > before.puts ? 'put' : 'not put',
		now.renewals > before.renewals ? 'renewed' : 'not renewed',
	];
	return { afterMs, code: code ?? signal, exitMs, left, stage: stage.join(', ') };
}

describe.each(PASSES)('SIGTERM at every moment of $pass', ({ pass, begin }) => {
	test('ends in exit 0 with no key and no lease left', async (context) => {
		const outcomes = await sweep(context, begin, false);
		expect(outcomes.filter(({ code, left }) => code !== 0 || left !== 'no key, 0 leases')).toEqual([]);
		note(context, `SIGTERM at every moment of ${pass}`, outcomes, 'no key, no lease');
	});

	test('and etcd silent from then on: ends in exit 0 within REGISTRAR_STOP_TIMEOUT and a second', async (context) => {
		const outcomes = await sweep(context, begin, true);
		expect(outcomes.filter(({ code, exitMs }) => code !== 0 || exitMs > STOP_TIMEOUT_MS + 1_000)).toEqual([]);
		const worst = Math.round(Math.max(...outcomes.map(({ exitMs }) => exitMs)));
		note(
			context,
			`SIGTERM and silence at every moment of ${pass}: worst exit ${worst} ms`,
			outcomes,
			'timeout + 1 s',
		);
	});
});

/** The moments fell before the grant, between grant and put, and after the put. */
function note(context: TestContext, name: string, outcomes: readonly Outcome[], words: string): void {
	const stages = outcomes.map(({ stage }) => stage);
	for (const each of ['not granted, not put', 'granted, not put', 'granted, put'])
		expect(stages.filter((stage) => stage.startsWith(each))).not.toEqual([]);
	context.task.meta.faultRow = {
		name,
		runs: outcomes.length,
		backMs: null,
		missing: null,
		bound: { words },
		cpuPercent: null,
	};
}
