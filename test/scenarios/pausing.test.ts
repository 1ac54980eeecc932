import { describe, expect, test } from 'vitest';
import { freePort } from '../support/network/net.js';
import { getText } from '../support/process/http.js';
import { type Ending, expectQuietLog, type Stage, startStage } from '../support/stage/stage.js';
import { STAGE_FAULTS, type StageFault } from '../support/stage/stage-faults.js';
import { until } from '../support/until.js';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const TTLS = 2.2;
const faults = STAGE_FAULTS.filter(({ name }) =>
	/black hole|etcd hangs|refused|with its data|again empty/.test(name),
);

interface Pausing extends Stage {
	/** What `/readyz` says. */
	state(): Promise<string>;
	/** Sends SIGUSR2 and waits until the registrar has taken it. */
	toggle(to: 'paused' | 'resumed'): Promise<void>;
}

async function start(context: Ending): Promise<Pausing> {
	const port = await freePort();
	const stage = await startStage(context, { ttlSeconds: 2, env: { REGISTRAR_HTTP: String(port) } });
	const state = async () =>
		(JSON.parse(await getText(`http://127.0.0.1:${port}/readyz`)) as { state: string }).state;
	const toggle = async (to: 'paused' | 'resumed') => {
		stage.registrar.signal('SIGUSR2');
		await until(async () => ((await state()) === 'paused') === (to === 'paused'));
	};
	return { ...stage, state, toggle };
}

/**
 * Out of etcd, and out of it still when a pass that knows nothing of the pause would long have put it back.
 */
async function staysAway({ gateway, registrar, timeline, ttlMs, state }: Pausing): Promise<void> {
	await until(() => timeline.now === 'absent');
	const fromMs = performance.now();
	await wait(1.5 * ttlMs);
	expect([...timeline.marksSince(fromMs)], timeline.text() + registrar.stderr).toEqual(['absent']);
	expect(await gateway.get(registrar.key)).toBeNull();
	expect(await state()).toBe('paused');
}

async function isBack({ gateway, registrar, timeline, ttlMs, state }: Pausing): Promise<void> {
	await timeline.right();
	const fromMs = performance.now();
	await wait(1.5 * ttlMs);
	expect([...timeline.marksSince(fromMs)]).toEqual(['right']);
	await until(async () => (await state()) === 'registered');
	expect((await gateway.leases()).filter((lease) => registrar.isOurs(lease))).toHaveLength(1);
	expectQuietLog(registrar);
}

const during = async (stage: Pausing, { commit }: StageFault, act: () => Promise<void>): Promise<void> => {
	const lastsMs = TTLS * stage.ttlMs;
	await Promise.all([commit(stage, lastsMs), wait(lastsMs / 2).then(act)]);
};

describe.concurrent('SIGUSR2', () => {
	test('takes the key away within a second, and brings it back within a second', async (context) => {
		const stage = await start(context);
		for (const [mark, times] of [
			['absent', 1],
			['right', 2],
			['absent', 3],
			['right', 4],
		] as const) {
			const signalledMs = performance.now();
			stage.registrar.signal('SIGUSR2');
			await until(() => stage.timeline.now === mark, { everyMs: 5, what: `${mark} after signal ${times}` });
			expect(performance.now() - signalledMs).toBeLessThan(1_000);
		}
	});

	test.for(faults)('paused, $name: it stays away, and is back when resumed', async (fault, context) => {
		const stage = await start(context);
		await stage.toggle('paused');
		await fault.commit(stage, TTLS * stage.ttlMs);
		await staysAway(stage);
		await stage.toggle('resumed');
		await isBack(stage);
	});

	test.for(faults)(
		'registered, $name, and paused meanwhile: it goes and stays away',
		async (fault, context) => {
			const stage = await start(context);
			await during(stage, fault, () => stage.toggle('paused'));
			await staysAway(stage);
			await stage.toggle('resumed');
			await isBack(stage);
		},
	);

	test.for(faults)('paused, $name, and resumed meanwhile: it comes back', async (fault, context) => {
		const stage = await start(context);
		await stage.toggle('paused');
		await until(() => stage.timeline.now === 'absent');
		await during(stage, fault, () => stage.toggle('resumed'));
		await isBack(stage);
	});

	test('paused it stops without leaving key or lease', async (context) => {
		const stage = await start(context);
		await stage.toggle('paused');
		stage.registrar.signal('SIGTERM');
		expect((await stage.registrar.waitExit()).code).toBe(0);
		expect(await stage.gateway.get(stage.registrar.key)).toBeNull();
		expect(await stage.gateway.leases()).toEqual([]);
	});
});
