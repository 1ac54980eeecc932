import { expect, type TestContext } from 'vitest';
import { cpuNanoseconds } from '../support/process/proc.js';
import {
	expectQuietLog,
	rightForGood,
	type Stage,
	type StageOptions,
	startStage,
} from '../support/stage/stage.js';
import { type Bound, type FaultRow, median } from './row.js';

export interface Measured {
	readonly name: string;
	readonly bound: Bound;
	/** @defaultValue 5 */
	readonly runs?: number;
	readonly stage?: StageOptions;
	/** Opens one stage for each run. @defaultValue an etcd and a proxy each, as `stage` says */
	readonly open?: (context: TestContext, runs: number) => Promise<readonly Stage[]>;
	/** Commits the fault; resolves to the moment at which its cause was gone. */
	readonly commit: (stage: Stage) => Promise<number>;
}

export const TTL_SECONDS = 3;
const REST_MS = 3_000;
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Commits the fault on several stages beside each other, each at a moment of its own in the interval, and
 * writes down what came of it for the table. That the key comes back, one lease is left and the log stays
 * quiet is asserted here; the exact times are the table's.
 */
export async function measure(
	context: TestContext,
	{ name, bound, runs = 5, stage, open, commit }: Measured,
): Promise<void> {
	const stages = await (open ?? ((test, count) => openStages(test, count, stage)))(context, runs);
	const results = await Promise.all(
		stages.map(async (stage, run) => {
			await wait(500 + ((run + Math.random()) * stage.ttlMs) / runs);
			const beganMs = performance.now();
			const endedMs = await commit(stage);
			const backMs = await rightForGood(stage, endedMs);
			const marks = stage.timeline.marksSince(beganMs);
			return { backMs, missing: marks.has('absent') || marks.has('wrong') };
		}),
	);
	const cpuPercent = await restOf(stages);
	const row: FaultRow = {
		name,
		bound,
		runs,
		backMs: bound === 'never missing' ? null : results.map(({ backMs }) => backMs),
		missing: results.filter(({ missing }) => missing).length,
		cpuPercent,
	};
	context.task.meta.faultRow = row;
	for (const { gateway, registrar } of stages) {
		expect((await gateway.leases()).filter((lease) => registrar.isOurs(lease))).toHaveLength(1);
		expectQuietLog(registrar);
	}
	if (bound === 'never missing') expect(row.missing).toBe(0);
	// Ten times the promise: a machine that is busy beside the tests must not fail them, a registrar that waits
	// for its poll must.
	if (typeof bound === 'object' && 'medianMs' in bound)
		expect(Math.max(...(row.backMs ?? []))).toBeLessThan(Math.max(10 * bound.medianMs, bound.worstMs));
	expect(cpuPercent).toBeLessThan(5);
}

/** One after the other: five programs that start at once would measure the machine. */
async function openStages(context: TestContext, count: number, options: StageOptions = {}): Promise<Stage[]> {
	const stages: Stage[] = [];
	for (let run = 0; run < count; run += 1)
		stages.push(await startStage(context, { ttlSeconds: TTL_SECONDS, ...options }));
	return stages;
}

/**
 * The median CPU share of the registrars while nothing happens. V8 collects garbage once, eight seconds after
 * a process falls silent, which costs some 40 ms: a window that holds it is measured once more. What spins,
 * spins in both.
 */
export async function restOf(
	stages: readonly { readonly registrar: { readonly pid: number } }[],
): Promise<number> {
	const first = await windowOf(stages);
	return first < 1 ? first : Math.min(first, await windowOf(stages));
}

async function windowOf(stages: Parameters<typeof restOf>[0]): Promise<number> {
	const spent = () => stages.map(({ registrar }) => cpuNanoseconds(registrar.pid));
	const before = spent();
	await wait(REST_MS);
	return median(spent().map((nanoseconds, index) => (nanoseconds - (before[index] ?? 0)) / (REST_MS * 1e4)));
}
