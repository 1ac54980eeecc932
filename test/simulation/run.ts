/** One seed, one run. */
import { Chaos } from './chaos.js';
import type { Violation } from './judge.js';
import { quiet, startMs } from './quiet.js';
import { Sampling } from './sampling.js';
import { type Scenario, scenarioOf } from './scenario.js';
import { TimeStandsStill } from './time.js';
import { World } from './world.js';

export interface Result {
	readonly scenario: Scenario;
	readonly violation: Violation | null;
	readonly trace: readonly string[];
	/** The same for two runs of one seed. */
	readonly hash: string;
	readonly events: number;
	readonly simulatedMs: number;
	readonly wallMs: number;
}

const realImmediate = setImmediate;

/** Runs in one turn of the event loop, so nothing else of this process sees simulated timers. */
export async function simulate(seed: number, traceLines = 120): Promise<Result> {
	const unhandled: unknown[] = [];
	const onUnhandled = (error: unknown) => void unhandled.push(error);
	process.on('unhandledRejection', onUnhandled);
	process.on('warning', onUnhandled);
	try {
		const result = await new Promise<Result>((resolve, reject) => {
			realImmediate(() => {
				try {
					resolve(runAtOnce(seed, traceLines, unhandled));
				} catch (error) {
					reject(error);
				}
			});
		});
		await new Promise((resolve) => realImmediate(resolve));
		return result;
	} finally {
		process.off('unhandledRejection', onUnhandled);
		process.off('warning', onUnhandled);
	}
}

function runAtOnce(seed: number, traceLines: number, unhandled: readonly unknown[]): Result {
	const beganMs = performance.now();
	const scenario = scenarioOf(seed);
	const world = new World(scenario, traceLines);
	const { time, judge, trace } = world;
	const uninstall = time.install();
	const { stackTraceLimit } = Error;
	// Thousands of refused calls, and nobody reads where they were made.
	Error.stackTraceLimit = 0;
	try {
		const chaos = new Chaos(world);
		chaos.begin();
		new Sampling(world).begin();
		const isOver = () => judge.violation !== null || unhandled.length > 0;
		const runFor = (ms: number) => {
			time.runUntil(time.now() + ms, isOver);
			return !isOver();
		};
		if (scenario.theme === 'slow link') expectQuickStart(world);
		if (runFor(scenario.chaosMs)) {
			chaos.end();
			quiet(world, runFor);
		}
		if (unhandled.length > 0)
			judge.broken('nothing is left unhandled, and Node warns of nothing', String(unhandled[0]));
	} catch (error) {
		if (!(error instanceof TimeStandsStill)) throw error;
		judge.broken('no hot loop', error.message);
	} finally {
		Error.stackTraceLimit = stackTraceLimit;
		uninstall();
	}
	return {
		...{ scenario, violation: judge.violation, trace: trace.lines, hash: trace.hash, events: time.events },
		simulatedMs: time.now(),
		wallMs: performance.now() - beganMs,
	};
}

/** Who wants keys that nobody else has is registered within a few round trips. */
function expectQuickStart(world: World): void {
	if (world.hosts.length > 1 || world.denied.size > 0) return;
	for (const host of world.hosts) {
		const limitMs = startMs(world, host);
		world.time.after(host.process.startsAtMs + limitMs, () => {
			const life = world.current(host);
			if (life !== null && !life.registrar.status().ready)
				world.judge.broken(
					'registered within a few round trips',
					`${life.name} is not after ${Math.round(limitMs)} ms: ${life.registrar.status().reason}`,
				);
		});
	}
}
