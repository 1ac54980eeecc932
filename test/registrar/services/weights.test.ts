import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Load } from '../../../src/core/weight.js';
import { LoadWeight } from '../../../src/registrar/services/weights.js';
import { aLogger } from '../../support/logger.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A follower of a load that the test says, and everything it told. `read` may fail or never end. */
function aFollower(read: () => Load | Promise<Load>) {
	const { logger, lines } = aLogger();
	const changes: { readonly percent: number; readonly why: string; readonly atMs: number }[] = [];
	let readers = 0;
	const weighing = new LoadWeight({
		createLoadReader: () => {
			readers += 1;
			return async () => await read();
		},
		clock: performance,
		logger,
		changed: (percent, why) => changes.push({ percent, why, atMs: performance.now() }),
	});
	return { weighing, changes, lines, readers: () => readers };
}
const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000);
const cpu = (part: number): Load => ({ cpu: part, memory: 0.25 });

test('nothing is measured while nobody follows the load', async () => {
	const { weighing, readers } = aFollower(() => cpu(1));
	await weighing.follow(false);
	await minutes(1);
	expect(readers()).toBe(0);
	expect(vi.getTimerCount()).toBe(0);
});

test('a machine that is busy already is known after the first look, with the reason', async () => {
	const { weighing, changes, lines } = aFollower(() => cpu(0.7));
	await weighing.follow(true);
	expect(changes).toMatchObject([{ percent: 30, why: 'cpu 70 %, memory 25 %: from 100 to 30 percent' }]);
	expect(lines).toMatchObject([
		{
			level: 'info',
			message: 'weight changed',
			fields: { cpu: 0.7, memory: 0.25, fromPercent: 100, percent: 30 },
		},
	]);
	weighing.stop();
});

test('a machine that is idle changes nothing and says nothing', async () => {
	const { weighing, changes, lines } = aFollower(() => cpu(0.02));
	await weighing.follow(true);
	await minutes(10);
	expect([changes, lines]).toEqual([[], []]);
	weighing.stop();
});

test('a load that jumps at every look changes the weight, at most twice in any minute, and each change is told once', async () => {
	let look = 0;
	const { weighing, changes, lines } = aFollower(() => cpu(Math.floor(look++ / 12) % 2));
	await weighing.follow(true);
	await minutes(20);
	expect(changes.length).toBeGreaterThan(10);
	for (const { atMs } of changes)
		expect(
			changes.filter((other) => other.atMs >= atMs && other.atMs < atMs + 60_000).length,
		).toBeLessThanOrEqual(2);
	expect(lines).toHaveLength(changes.length);
	weighing.stop();
});

test('a load that cannot be measured is told once and leaves the weight; measured again, it counts again', async () => {
	let broken = false;
	const { weighing, changes, lines } = aFollower(() => {
		if (broken) throw new Error('no /proc');
		return cpu(0.5);
	});
	await weighing.follow(true);
	broken = true;
	await minutes(5);
	expect(changes.map(({ percent }) => percent)).toEqual([50]);
	expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
	broken = false;
	await minutes(1);
	broken = true;
	await minutes(1);
	expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(2);
	weighing.stop();
});

test('after stop no timer is left, and a look that ends later changes nothing', async () => {
	let end: (load: Load) => void = () => {};
	const { weighing, changes } = aFollower(() => new Promise((resolve) => (end = resolve)));
	const first = weighing.follow(true);
	await vi.advanceTimersByTimeAsync(0);
	weighing.stop();
	end(cpu(1));
	await first;
	await minutes(1);
	expect(changes).toEqual([]);
	expect(vi.getTimerCount()).toBe(0);
});

test('stopped and wanted again while a look is under way, it looks once every few seconds and not twice', async () => {
	let looks = 0;
	const { weighing } = aFollower(async () => {
		looks += 1;
		await new Promise((resolve) => setTimeout(resolve, 100));
		return cpu(0);
	});
	void weighing.follow(true);
	await vi.advanceTimersByTimeAsync(10);
	void weighing.follow(false);
	void weighing.follow(true);
	await minutes(1);
	expect(looks).toBeGreaterThan(5);
	expect(looks).toBeLessThanOrEqual(14);
	weighing.stop();
	await minutes(1);
	expect(vi.getTimerCount()).toBe(0);
});
