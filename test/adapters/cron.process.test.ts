import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compile } from '../support/compile.js';
import { needs } from '../support/needs.js';
import { clockMissing, type SteppedClock, startClock } from '../support/process/faketime.js';
import { ended, spawnGuarded } from '../support/process/guarded.js';
import { until } from '../support/until.js';

interface Tick {
	readonly at: number;
	readonly wall: number;
	readonly cpu: number;
	readonly slots: number;
}

const INTERVAL_S = 2;
const INTERVAL_MS = INTERVAL_S * 1000;
/**
 * A schedule on one of two shared cores: what it may cost more than a quiet one without being a loop that
 * spins (910 wake-ups a second).
 */
const CPU_PER_SECOND = 0.02;

let program: string;
const running: Ticking[] = [];
beforeAll(async () => {
	program = await compile(new URL('./programs/beat.ts', import.meta.url));
});
afterAll(() => {
	for (const { child } of running) child.kill('SIGKILL');
});

/** A process with one schedule in it. */
class Ticking {
	readonly ticks: Tick[] = [];
	errors = '';
	readonly child;

	constructor({
		clock,
		zone = 'UTC',
		args = [],
	}: { clock?: SteppedClock; zone?: string; args?: string[] } = {}) {
		const env = { PATH: process.env.PATH, TZ: zone, ...clock?.env };
		this.child = spawnGuarded(process.execPath, [program, String(INTERVAL_S), ...args], {
			env,
			stdio: 'pipe',
		});
		if (this.child.stdout === null) throw new Error('no output');
		createInterface({ input: this.child.stdout }).on('line', (line) => this.ticks.push(JSON.parse(line)));
		this.child.stderr?.on('data', (chunk) => {
			this.errors += chunk;
		});
		running.push(this);
	}

	order(line: string): void {
		this.child.stdin?.write(`${line}\n`);
	}

	async after(ticks: number): Promise<void> {
		const goal = this.ticks.length + ticks;
		await until(() => this.ticks.length >= goal, {
			limitMs: ticks * INTERVAL_MS * 2 + 20_000,
			what: `${goal} ticks\n${this.errors}`,
		});
	}

	async stop(): Promise<void> {
		this.order('stop');
		await ended(this.child);
		expect(this.child.exitCode).toBe(0);
		expect(this.errors).toBe('');
	}

	gaps(): number[] {
		return this.ticks.slice(1).map(({ at }, index) => at - (this.ticks[index]?.at ?? Number.NaN));
	}

	/** Seconds of CPU for each second of the wall clock, from the third tick on: loading is over. */
	load(): number {
		const [from, to] = [this.ticks[2], this.ticks.at(-1)];
		if (!from || !to) throw new Error('too few ticks');
		return (to.cpu - from.cpu) / ((to.at - from.at) / 1000);
	}
}

/** How far the wall clock is ahead of where it was at the first tick, in seconds. */
function shifted({ ticks: [first, ...rest] }: Ticking): number[] {
	if (!first) throw new Error('no tick');
	return rest.map(({ at, wall }) => (wall - first.wall - (at - first.at)) / 1000);
}

/**
 * No gap above the interval + 1 s; for each disturbance at most one gap that is shorter than usual, or two
 * that share the way back.
 */
function expectEven(gaps: readonly number[], disturbances: number): void {
	expect(Math.max(...gaps)).toBeLessThanOrEqual(INTERVAL_MS + 1000);
	expect(Math.min(...gaps)).toBeGreaterThanOrEqual(INTERVAL_MS / 2 - 100);
	expect(gaps.filter((gap) => gap < INTERVAL_MS - 700).length).toBeLessThanOrEqual(2 * disturbances);
}

test.concurrent.for([
	['an hour back', [-3600]],
	['an hour ahead', [3600]],
	['a day ahead', [86_400]],
	['a day back', [-86_400]],
	['two years ahead', [63_072_000]],
	['2.7 s back', [-2.7]],
	['0.4 s ahead', [0.4]],
	['an hour back and, two ticks later, right again', [-3600, 0]],
	['a day ahead and right again', [86_400, 0]],
	['ahead, back, ahead', [3603.4, -20, 1]],
] as const)('the wall clock is set %s: the ticks go on', { timeout: 120_000 }, async ([, steps], context) => {
	needs(context, clockMissing());
	const clock = startClock();
	const ticking = new Ticking({ clock });
	await ticking.after(3);
	for (const step of steps) {
		clock.set(step);
		await ticking.after(2);
	}
	await ticking.after(2);
	await ticking.stop();
	for (const step of steps)
		expect(shifted(ticking).some((seconds) => Math.abs(seconds - step) < 0.1)).toBe(true);
	expectEven(ticking.gaps(), steps.length);
	expect(ticking.load()).toBeLessThan(CPU_PER_SECOND);
	expect(Math.max(...ticking.ticks.map(({ slots }) => slots))).toBe(1);
});

test.concurrent('a host that sets its clock back from summer time: the ticks go through its repeated hour without a busy loop', {
	timeout: 120_000,
}, async (context) => {
	needs(context, clockMissing());
	// New York, 2026-11-01T06:00:00Z: 01:00 for the second time.
	const repeated = Date.parse('2026-11-01T06:00:00Z');
	const ticking = new Ticking({
		clock: startClock((repeated - 10_000 - Date.now()) / 1000),
		zone: 'America/New_York',
	});
	await ticking.after(12);
	await ticking.stop();
	const before = ticking.ticks.filter(({ wall }) => wall < repeated - INTERVAL_MS - 1000);
	const within = ticking.ticks.filter(({ wall }) => wall > repeated);
	expect(before.at(-1)?.slots).toBe(1);
	expect(within.length).toBeGreaterThan(4);
	expect(Math.max(...within.map(({ slots }) => slots))).toBe(0);
	expectEven(ticking.gaps(), 1);
	expect(ticking.load()).toBeLessThan(CPU_PER_SECOND);
});

test.concurrent.each([
	[
		'the process is stopped for three intervals',
		async ({ child }: Ticking) => {
			child.kill('SIGSTOP');
			await new Promise((resolve) => setTimeout(resolve, 3 * INTERVAL_MS));
			child.kill('SIGCONT');
		},
	],
	[
		'the event loop is blocked for three intervals',
		async (ticking: Ticking) => ticking.order(`block ${3 * INTERVAL_MS}`),
	],
])('%s: one tick at once, then the ticks as before', { timeout: 120_000 }, async (_name, stall) => {
	const ticking = new Ticking();
	await ticking.after(3);
	const before = ticking.ticks.length;
	await stall(ticking);
	await ticking.after(5);
	await ticking.stop();
	const gaps = ticking.gaps();
	const stalled = gaps[before - 1] ?? Number.NaN;
	expect(stalled).toBeGreaterThan(2 * INTERVAL_MS);
	expect(stalled).toBeLessThan(5 * INTERVAL_MS);
	expectEven(
		gaps.filter((gap) => gap !== stalled),
		1,
	);
});

test.concurrent("the application calls node-cron's shutdown: the ticks go on", {
	timeout: 120_000,
}, async () => {
	const ticking = new Ticking();
	await ticking.after(3);
	for (let n = 0; n < 2; n++) {
		ticking.order('shutdown');
		await ticking.after(2);
	}
	await ticking.stop();
	expectEven(ticking.gaps(), 2);
	expect(ticking.ticks.at(-1)?.slots).toBe(1);
});

test.concurrent('a schedule keeps the process alive', { timeout: 120_000 }, async () => {
	const ticking = new Ticking();
	await ticking.after(3);
	ticking.order('leave');
	await ticking.after(3);
	ticking.child.kill('SIGKILL');
	await ended(ticking.child);
});

test.concurrent('unless told not to', { timeout: 120_000 }, async () => {
	const ticking = new Ticking({ args: ['unref'] });
	await ticking.after(3);
	expect(ticking.ticks.at(-1)?.slots).toBe(1);
	ticking.order('leave');
	await ended(ticking.child);
	expect(ticking.child.exitCode).toBe(0);
});
