import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { getTasks, shutdown } from 'node-cron';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CronSchedule } from '../../src/adapters/cron.js';
import type { Logger } from '../../src/registrar/ports.js';

const told = vi.fn<(message: string, fields?: Record<string, unknown>) => void>();
const logger: Logger = { debug: () => {}, info: () => {}, warn: told, error: told };

let schedule: CronSchedule;
beforeEach(() => {
	vi.useFakeTimers();
	told.mockReset();
	schedule = new CronSchedule({ logger });
});
afterEach(() => {
	schedule.stop();
	expect(getTasks().size).toBe(0);
	expect(vi.getTimerCount()).toBe(0);
	vi.useRealTimers();
	vi.doUnmock('node-cron');
});

/** Moves the clock on, once node-cron is loaded. */
async function advance(ms: number): Promise<void> {
	await vi.dynamicImportSettled();
	await vi.advanceTimersByTimeAsync(ms);
}

/** Runs the schedule over so many milliseconds; the moments of its ticks, counted from its start. */
async function run(intervalSeconds: number, firstDelayMs: number, forMs: number): Promise<number[]> {
	const startedMs = performance.now();
	const ticks: number[] = [];
	schedule.start(intervalSeconds, firstDelayMs, () => ticks.push(performance.now() - startedMs));
	await advance(forMs);
	return ticks;
}

describe.each([1, 2, 5, 7, 10, 45, 60, 90, 100, 3600, 5400, 86_400])('every %i s', (seconds) => {
	test.each([
		['a whole second', '2026-03-04T05:06:07.000Z', 1000],
		['between two seconds', '2026-03-04T05:06:07.250Z', 613],
		['the end of a month', '2027-12-31T23:59:58.990Z', 999],
		['the eve of a leap day', '2028-02-28T23:59:59.500Z', 1],
	])('from %s, all gaps are the interval', async (_name, wall, firstDelayMs) => {
		vi.setSystemTime(wall);
		const ticks = await run(seconds, firstDelayMs, firstDelayMs + 12 * seconds * 1000 + 50);
		expect(ticks).toHaveLength(13);
		ticks.forEach((at, index) => {
			expect(Math.abs(at - firstDelayMs - index * seconds * 1000)).toBeLessThanOrEqual(1);
		});
		expect(told).not.toHaveBeenCalled();
	});
});

test('node-cron plans the ticks with a single task, once it is loaded', async () => {
	await run(5, 300, 200);
	expect(getTasks().size).toBe(0);
	await advance(60_000);
	expect([...getTasks().values()].map((task) => task.getPattern())).toEqual([
		expect.stringMatching(/^\d+ \d+ \d+ \d+ \* \*$/),
	]);
});

test('after the application shut cron down, the ticks go on and cron plans them again', async () => {
	await run(5, 300, 12_000);
	await shutdown();
	expect(getTasks().size).toBe(0);
	const ticks: number[] = [];
	schedule.stop();
	schedule.start(5, 300, () => ticks.push(performance.now()));
	await advance(6000);
	expect(getTasks().size).toBe(1);
	await shutdown();
	await advance(30_000);
	expect(getTasks().size).toBe(1);
	expect(ticks).toHaveLength(8);
	for (const [index, at] of ticks.entries())
		if (index > 0) expect(at - (ticks[index - 1] ?? 0)).toBeLessThanOrEqual(5501);
});

test('when node-cron cannot be loaded, the timer goes on alone and this is reported once', async () => {
	vi.doMock('node-cron', () => {
		throw new Error('not installed');
	});
	const ticks = await run(2, 300, 20_350);
	expect(ticks).toHaveLength(11);
	expect(told).toHaveBeenCalledOnce();
	expect(told.mock.lastCall?.[0]).toMatch(/node-cron/);
});

test('when node-cron cannot plan a slot, the timer goes on alone and this is reported once', async () => {
	vi.doMock('node-cron', () => ({
		schedule: () => {
			throw new RangeError('no such time zone');
		},
	}));
	const ticks = await run(2, 300, 20_350);
	expect(ticks).toHaveLength(11);
	expect(told).toHaveBeenCalledOnce();
});

test('a tick that throws is logged and the ticks go on, also when the logger throws', async () => {
	for (const fails of [false, true]) {
		if (fails) told.mockImplementation(() => expect.fail('full disk'));
		schedule.stop();
		let ticks = 0;
		schedule.start(2, 300, () => {
			ticks += 1;
			throw new Error('a fault of the loop');
		});
		await advance(20_350);
		expect(ticks).toBe(11);
		expect(
			told.mock.calls.every(
				([message, fields]) => message === 'a tick of the schedule failed' && fields?.error instanceof Error,
			),
		).toBe(true);
	}
	expect(told).toHaveBeenCalledTimes(22);
});

test('a second start replaces the first', async () => {
	const first = vi.fn<() => void>();
	const second = vi.fn<() => void>();
	schedule.start(2, 300, first);
	await advance(5000);
	expect(first).toHaveBeenCalledTimes(3);
	schedule.start(7, 100, second);
	await advance(15_000);
	expect(first).toHaveBeenCalledTimes(3);
	expect(second).toHaveBeenCalledTimes(3);
});

test('a tick may stop the schedule, or start it anew', async () => {
	let ticks = 0;
	const thenStop = () => {
		ticks += 1;
		schedule.stop();
		schedule.stop();
	};
	schedule.start(2, 300, () => schedule.start(5, 100, thenStop));
	await advance(60_000);
	expect(ticks).toBe(1);
});

test('thousands of ticks leave nothing behind', async () => {
	setFlagsFromString('--expose-gc');
	const collect: () => void = runInNewContext('gc');
	const heap = () => {
		collect();
		return process.memoryUsage().heapUsed;
	};
	schedule.start(2, 300, () => {});
	await advance(2_000_000);
	const before = heap();
	await advance(10_000_000);
	// 5000 ticks; a task that is only stopped, not destroyed, keeps 3.8 KB each.
	expect(heap() - before).toBeLessThan(4_000_000);
	expect(getTasks().size).toBe(1);
	expect(vi.getTimerCount()).toBeLessThanOrEqual(3);
});
