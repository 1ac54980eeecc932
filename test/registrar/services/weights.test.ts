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
	const follower = new LoadWeight({
		createLoadReader: () => {
			readers += 1;
			return async () => await read();
		},
		clock: performance,
		logger,
		changed: (percent, why) => changes.push({ percent, why, atMs: performance.now() }),
	});
	return { follower, changes, lines, readers: () => readers };
}
const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000);
const cpu = (part: number): Load => ({ cpu: part, memory: 0.25 });

test('nothing is measured while nobody follows the load', async () => {
	const { follower, readers } = aFollower(() => cpu(1));
	await follower.follow(false);
	await minutes(1);
	expect(readers()).toBe(0);
	expect(vi.getTimerCount()).toBe(0);
});

test('a machine that is busy already is known after the first read, with the reason', async () => {
	const { follower, changes, lines } = aFollower(() => cpu(0.7));
	await follower.follow(true);
	expect(changes).toMatchObject([{ percent: 30, why: 'cpu 70 %, memory 25 %: from 100 to 30 percent' }]);
	expect(lines).toMatchObject([
		{
			level: 'info',
			message: 'weight changed',
			fields: { cpu: 0.7, memory: 0.25, fromPercent: 100, percent: 30 },
		},
	]);
	follower.stop();
});

test('a machine that is idle changes nothing and says nothing', async () => {
	const { follower, changes, lines } = aFollower(() => cpu(0.02));
	await follower.follow(true);
	await minutes(10);
	expect([changes, lines]).toEqual([[], []]);
	follower.stop();
});

test('a load that jumps at every read changes the weight, at most twice in any minute, and each change is reported once', async () => {
	let reads = 0;
	const { follower, changes, lines } = aFollower(() => cpu(Math.floor(reads++ / 12) % 2));
	await follower.follow(true);
	await minutes(20);
	expect(changes.length).toBeGreaterThan(10);
	for (const { atMs } of changes)
		expect(
			changes.filter((other) => other.atMs >= atMs && other.atMs < atMs + 60_000).length,
		).toBeLessThanOrEqual(2);
	expect(lines).toHaveLength(changes.length);
	follower.stop();
});

test('a load that cannot be measured is reported once and leaves the weight; measured again, it counts again', async () => {
	let broken = false;
	const { follower, changes, lines } = aFollower(() => {
		if (broken) throw new Error('no /proc');
		return cpu(0.5);
	});
	await follower.follow(true);
	broken = true;
	await minutes(5);
	expect(changes.map(({ percent }) => percent)).toEqual([50]);
	expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
	broken = false;
	await minutes(1);
	broken = true;
	await minutes(1);
	expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(2);
	follower.stop();
});

test('after stop no timer is left, and a read that ends later changes nothing', async () => {
	let end: (load: Load) => void = () => {};
	const { follower, changes } = aFollower(() => new Promise((resolve) => (end = resolve)));
	const first = follower.follow(true);
	await vi.advanceTimersByTimeAsync(0);
	follower.stop();
	end(cpu(1));
	await first;
	await minutes(1);
	expect(changes).toEqual([]);
	expect(vi.getTimerCount()).toBe(0);
});

test('stopped and wanted again while a read is under way, it reads once every few seconds and not twice', async () => {
	let reads = 0;
	const { follower } = aFollower(async () => {
		reads += 1;
		await new Promise((resolve) => setTimeout(resolve, 100));
		return cpu(0);
	});
	void follower.follow(true);
	await vi.advanceTimersByTimeAsync(10);
	void follower.follow(false);
	void follower.follow(true);
	await minutes(1);
	expect(reads).toBeGreaterThan(5);
	expect(reads).toBeLessThanOrEqual(14);
	follower.stop();
	await minutes(1);
	expect(vi.getTimerCount()).toBe(0);
});
