import { describe, expect, test } from 'vitest';
import { freePort } from '../support/network/net.js';
import { Probes } from '../support/process/probes.js';
import { type Ending, type StageOptions, startStage } from '../support/stage/stage.js';
import { STAGE_FAULTS } from '../support/stage/stage-faults.js';
import { until } from '../support/until.js';

/** Long enough that a readiness which lasts is a lie. */
const TTLS = 4;

async function probed(context: Ending, options: StageOptions = {}) {
	const port = await freePort();
	const stage = await startStage(context, {
		ttlSeconds: 2,
		...options,
		env: { REGISTRAR_HTTP: String(port) },
	});
	const probes = new Probes(`http://127.0.0.1:${port}`);
	context.onTestFinished(() => probes.stop());
	await until(() => probes.codes('/readyz').includes(200));
	return { stage, probes, lies: () => probes.lies(stage.timeline, stage.ttlMs) };
}

const ofTheProcess = /^the registrar/;
const outages = STAGE_FAULTS.filter(
	({ name }) => !ofTheProcess.test(name) && !name.startsWith('open connections'),
);

describe.concurrent('whatever etcd and the network do, the probes tell the truth', () => {
	test.for(outages)('$name', async ({ commit }, context) => {
		const { stage, probes, lies } = await probed(context);
		const beganMs = performance.now();
		const endedMs = await commit(stage, TTLS * stage.ttlMs);
		// It was not ready for some of the time, and alive for all of it.
		expect(probes.codes('/readyz', beganMs)).toContain(503);
		await stage.timeline.right();
		const from = performance.now();
		await until(() => probes.codes('/readyz', from).includes(200));
		expect(lies()).toEqual([]);
		expect(probes.codes('/livez')).toEqual([200]);
		expect(probes.codes('/readyz', endedMs)).toContain(200);
	});

	test.for(STAGE_FAULTS.filter(({ name }) => ofTheProcess.test(name)))(
		'$name',
		async ({ commit }, context) => {
			const { stage, probes, lies } = await probed(context);
			await commit(stage, TTLS * stage.ttlMs);
			await stage.timeline.right();
			const from = performance.now();
			await until(
				() => probes.codes('/readyz', from).includes(200) && probes.codes('/livez', from).includes(200),
			);
			expect(lies()).toEqual([]);
		},
	);

	test('a key that is found gone and may not be written again', async (context) => {
		const { stage, probes, lies } = await probed(context, { etcd: { quotaBytes: 256 * 1024 } });
		const { gateway, registrar, etcd, ttlMs } = stage;
		await until(() =>
			gateway.put('big', 'x'.repeat(60_000)).then(
				() => false,
				() => true,
			),
		);
		await gateway.delete(registrar.key);
		await until(() => probes.codes('/readyz').includes(503));
		const from = performance.now();
		await new Promise((resolve) => setTimeout(resolve, TTLS * ttlMs));
		// At once and for as long as it lasts, not only after two intervals.
		expect(probes.codes('/readyz', from)).toEqual([503]);
		const { header } = await gateway.call<{ header: { revision: string } }>('/v3/kv/range', {
			key: 'YmlnCg==',
		});
		await gateway.delete('big');
		await etcd.ctl('compact', header.revision);
		await etcd.ctl('defrag');
		await etcd.ctl('alarm', 'disarm');
		await stage.timeline.right();
		const rightMs = performance.now();
		await until(() => probes.codes('/readyz', rightMs).includes(200));
		expect(lies()).toEqual([]);
		expect(probes.codes('/livez')).toEqual([200]);
	});
});
