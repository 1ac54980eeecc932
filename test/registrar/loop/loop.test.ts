import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Hint } from '../../../src/registrar/events.js';
import { Loop, type LoopOptions, type PassEnd } from '../../../src/registrar/loop/loop.js';
import { HandSchedule } from '../../support/memory/hand-schedule.js';

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const OK: PassEnd = { ok: true, againInMs: null };
const FAILED: PassEnd = { ok: false, againInMs: null };

/** A loop whose passes end as the test says; `clock` may jump. */
function aLoop(options: Partial<LoopOptions> = {}) {
	const schedule = new HandSchedule();
	const passes: { readonly atMs: number }[] = [];
	const hinted: Hint[] = [];
	const state = { end: OK, seconds: 5, jumpMs: 0 };
	const startMs = performance.now();
	const loop = new Loop({
		pass: async () => {
			passes.push({ atMs: performance.now() - startMs });
			return state.end;
		},
		intervalSeconds: () => state.seconds,
		fleetSize: () => 1,
		identity: 'one',
		hints: true,
		hinted: (hint) => hinted.push(hint),
		schedule,
		clock: { now: () => performance.now() + state.jumpMs },
		random: () => 0.5,
		...options,
	});
	return { loop, schedule, passes, hinted, state };
}

test('the first pass runs at once; the schedule begins at a part of the interval, and is not set again', async () => {
	const { loop, schedule, passes } = aLoop();
	loop.start();
	await vi.advanceTimersByTimeAsync(0);
	expect(passes).toEqual([{ atMs: 0 }]);
	expect(schedule.starts).toHaveLength(1);
	expect(schedule.starts[0]?.intervalSeconds).toBe(5);
	expect(schedule.starts[0]?.firstDelayMs).toBeGreaterThan(0);
	expect(schedule.starts[0]?.firstDelayMs).toBeLessThanOrEqual(5_000);
	schedule.tick();
	schedule.tick();
	await vi.advanceTimersByTimeAsync(0);
	expect(schedule.starts).toHaveLength(1);
	await loop.stop();
});

test('a first pass that hangs does not delay the ticks: no gap is longer than the interval', async () => {
	const ends: ((end: PassEnd) => void)[] = [];
	const { loop, schedule } = aLoop({ pass: () => new Promise((resolve) => ends.push(resolve)) });
	loop.start();
	await vi.advanceTimersByTimeAsync(5_000);
	ends[0]?.(FAILED);
	await vi.advanceTimersByTimeAsync(0);
	const [start] = schedule.starts;
	expect((start?.atMs ?? Number.NaN) + (start?.firstDelayMs ?? Number.NaN)).toBeLessThanOrEqual(
		performance.now(),
	);
});

test('instances of one fleet begin to tick all over the interval', async () => {
	const delays: number[] = [];
	for (let n = 0; n < 200; n += 1) {
		const { loop, schedule } = aLoop({ identity: String(n / 200) });
		loop.start();
		await vi.advanceTimersByTimeAsync(0);
		delays.push(schedule.starts[0]?.firstDelayMs ?? Number.NaN);
		await loop.stop();
	}
	for (let part = 0; part < 5; part += 1) {
		expect(delays.filter((ms) => ms > part * 1_000 && ms <= (part + 1) * 1_000).length).toBeGreaterThan(15);
	}
});

test('a lease granted for another time changes the schedule, once', async () => {
	const { loop, schedule, state } = aLoop();
	loop.start();
	await vi.advanceTimersByTimeAsync(0);
	state.seconds = 7;
	schedule.tick();
	await vi.advanceTimersByTimeAsync(0);
	schedule.tick();
	await vi.advanceTimersByTimeAsync(0);
	expect(schedule.starts.map(({ intervalSeconds }) => intervalSeconds)).toEqual([5, 7]);
	await loop.stop();
});

test('a failed pass is tried again, later each time, at most every second, for ever', async () => {
	const { loop, passes, state } = aLoop();
	state.end = FAILED;
	loop.start();
	await vi.advanceTimersByTimeAsync(5_000);
	const gaps = passes.slice(1).map(({ atMs }, n) => atMs - (passes[n]?.atMs ?? 0));
	// Half of 100 ms doubled each time, chance being 0.5; at most half a second.
	expect(gaps.slice(0, 6)).toEqual([50, 100, 200, 400, 500, 500]);
	await vi.advanceTimersByTimeAsync(3_600_000);
	expect(passes.length).toBeGreaterThan(7_000);
	await loop.stop();
});

test('the wait begins small again after a good pass', async () => {
	const { loop, passes, schedule, state } = aLoop();
	state.end = FAILED;
	loop.start();
	await vi.advanceTimersByTimeAsync(5_000);
	state.end = OK;
	await vi.advanceTimersByTimeAsync(1_000);
	const good = passes.length;
	await vi.advanceTimersByTimeAsync(60_000);
	expect(passes).toHaveLength(good);
	state.end = FAILED;
	schedule.tick();
	await vi.advanceTimersByTimeAsync(50);
	expect(passes).toHaveLength(good + 2);
	await loop.stop();
});

test('a large fleet spreads its retries', async () => {
	const { loop, passes, state } = aLoop({ fleetSize: () => 100_000, random: () => 0.999 });
	state.seconds = 60;
	state.end = FAILED;
	loop.start();
	await vi.advanceTimersByTimeAsync(120_000);
	const last = (passes.at(-1)?.atMs ?? 0) - (passes.at(-2)?.atMs ?? 0);
	// scale(100,000) = 11: so many seconds.
	expect(last).toBeGreaterThan(10_000);
	expect(last).toBeLessThanOrEqual(11_000);
	await loop.stop();
});

test('an observation that is due early is made early', async () => {
	const { loop, passes, state } = aLoop();
	state.end = { ok: true, againInMs: 1_700 };
	loop.start();
	await vi.advanceTimersByTimeAsync(3_500);
	expect(passes.map(({ atMs }) => atMs)).toEqual([0, 1_700, 3_400]);
	await loop.stop();
});

test('a hint runs a pass and is counted; without hints neither', async () => {
	for (const hints of [true, false]) {
		const { loop, passes, hinted } = aLoop({ hints });
		loop.start();
		await vi.advanceTimersByTimeAsync(0);
		loop.hint('watch');
		await vi.advanceTimersByTimeAsync(60_000);
		expect(passes).toHaveLength(hints ? 2 : 1);
		expect(hinted).toEqual(hints ? ['watch'] : []);
		await loop.stop();
	}
});

test('in a large fleet a hint waits a part of its spread', async () => {
	const { loop, passes } = aLoop({ fleetSize: () => 1_000 });
	loop.start();
	await vi.advanceTimersByTimeAsync(0);
	loop.hint('watch');
	// scale(1000) = 4: half of 300 ms.
	await vi.advanceTimersByTimeAsync(149);
	expect(passes).toHaveLength(1);
	await vi.advanceTimersByTimeAsync(1);
	expect(passes).toHaveLength(2);
	await loop.stop();
});

test('a stall of the process is noticed when it wakes up, an ordinary delay is not', async () => {
	const { loop, hinted, state } = aLoop();
	loop.start();
	await vi.advanceTimersByTimeAsync(60_000);
	expect(hinted).toEqual([]);
	state.jumpMs += 1_000;
	await vi.advanceTimersByTimeAsync(5_000);
	expect(hinted).toEqual([]);
	state.jumpMs += 10_000;
	await vi.advanceTimersByTimeAsync(5_000);
	expect(hinted).toEqual(['wake_up']);
	await loop.stop();
});

test('after stop nothing runs and no timer is left, whatever waited', async () => {
	for (const end of [OK, FAILED, { ok: true, againInMs: 100 }]) {
		const { loop, passes, schedule, state } = aLoop();
		state.end = end;
		loop.start();
		await vi.advanceTimersByTimeAsync(0);
		loop.hint('watch');
		await loop.stop();
		await loop.stop();
		const count = passes.length;
		loop.hint('watch');
		schedule.tick();
		await loop.now();
		await vi.advanceTimersByTimeAsync(60_000);
		expect(passes).toHaveLength(count);
		expect(schedule.stopped).toBe(true);
		expect(vi.getTimerCount()).toBe(0);
	}
});

test('stopped during a pass, it waits for it and sets nothing up after it', async () => {
	const ends: ((end: PassEnd) => void)[] = [];
	const { loop, schedule } = aLoop({ pass: () => new Promise((resolve) => ends.push(resolve)) });
	loop.start();
	let stopped = false;
	const stopping = loop.stop().then(() => {
		stopped = true;
	});
	await vi.advanceTimersByTimeAsync(10_000);
	expect(stopped).toBe(false);
	ends[0]?.(FAILED);
	await stopping;
	expect(schedule).toMatchObject({ stopped: true, starts: [expect.anything()] });
	expect(vi.getTimerCount()).toBe(0);
});
