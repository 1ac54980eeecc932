import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PollingReader } from '../../src/discovery/reader.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const POLL = 10_000;

/** When reads begin, in milliseconds from the start. Each takes `takesMs` and ends as `outcome` says. */
function reading({
	takesMs = 1,
	outcome = () => true,
	random = 0.5,
}: {
	takesMs?: number;
	outcome?: () => boolean;
	random?: number;
} = {}) {
	const startMs = performance.now();
	const begun: number[] = [];
	const reader = new PollingReader({
		read: (signal) =>
			new Promise((resolve) => {
				begun.push(Math.round(performance.now() - startMs));
				const timer = setTimeout(() => resolve(outcome()), takesMs);
				const cut = () => {
					clearTimeout(timer);
					resolve(false);
				};
				signal.onabort = cut;
			}),
		clock: { now: () => performance.now() },
		random: () => random,
		pollMs: POLL,
	});
	reader.start();
	return { reader, begun, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
}

describe('when etcd is read', () => {
	test('at the start, then at ticks of its own: whole intervals from a random moment', async () => {
		const { begun, pass } = reading({ random: 0.3 });
		await pass(45_000);
		// The first tick would follow too soon upon the start: the way there is made in two steps.
		expect(begun).toEqual([0, 6_501, 13_000, 23_000, 33_000, 43_000]);
		for (let at = 2; at < begun.length; at += 1)
			expect((begun[at] ?? 0) - (begun[at - 1] ?? 0)).toBeLessThanOrEqual(POLL + 50);
	});

	test('at once at a hint, and flocks of hints are one read in 100 ms', async () => {
		const { reader, begun, pass } = reading();
		await pass(1_000);
		for (let ms = 0; ms < 1_000; ms += 10) {
			reader.hint();
			await pass(10);
		}
		const hinted = begun.filter((ms) => ms >= 1_000);
		expect(hinted[0]).toBe(1_000);
		expect(hinted.length).toBeLessThanOrEqual(11);
		for (let at = 1; at < hinted.length; at += 1)
			expect((hinted[at] ?? 0) - (hinted[at - 1] ?? 0)).toBeGreaterThanOrEqual(100);
	});

	test('hints during a read make exactly one more', async () => {
		const { reader, begun, pass } = reading({ takesMs: 50 });
		await pass(10);
		for (let times = 0; times < 5; times += 1) reader.hint();
		await pass(1_000);
		expect(begun.length).toBe(2);
	});

	test('where reads take long, hints wait for three times as long; one long read alone keeps none waiting', async () => {
		const { reader, begun, pass } = reading({ takesMs: 400 });
		await pass(400);
		reader.hint();
		await pass(401);
		reader.hint();
		await pass(3_000);
		expect(begun.slice(0, 3)).toEqual([0, 400, 2_000]);
	});

	test('after a failure again and again, at random, soon and then once a second at most; then at each tick', async () => {
		let fails = 20;
		const { begun, pass } = reading({ outcome: () => --fails < 0, random: 0.999 });
		await pass(30_000);
		const gaps = begun.slice(1, 21).map((ms, at) => ms - (begun[at] ?? 0));
		for (const gap of gaps) {
			expect(gap).toBeGreaterThanOrEqual(100);
			expect(gap).toBeLessThanOrEqual(1_002);
		}
		expect(gaps.slice(-3).every((gap) => gap > 900)).toBe(true);
		expect((begun[22] ?? 0) - (begun[21] ?? 0)).toBeLessThanOrEqual(POLL + 50);
	});

	test('hints of an etcd that does not answer do not make it be asked faster', async () => {
		const { reader, begun, pass } = reading({ outcome: () => false });
		for (let ms = 0; ms < 2_000; ms += 5) {
			reader.hint();
			await pass(5);
		}
		expect(begun.length).toBeLessThanOrEqual(21);
	});

	test('at the latest when it is asked for, also from within a read', async () => {
		const { reader, begun, pass } = reading({ takesMs: 10 });
		await pass(5);
		reader.atLatest(performance.now() + 2_000);
		await pass(3_000);
		expect(begun).toEqual([0, 2_005]);
		reader.atLatest(performance.now() + 100);
		await pass(1_000);
		expect(begun[2]).toBe(3_105);
	});

	test('stopped: never again, and the running read is cut', async () => {
		const { reader, begun, pass } = reading({ takesMs: 5_000 });
		await pass(10);
		reader.stop();
		reader.hint();
		reader.stop();
		await pass(60_000);
		expect(begun).toEqual([0]);
		expect(vi.getTimerCount()).toBe(0);
	});

	test('readers that start together do not tick together', async () => {
		const second = async (random: number) => {
			const { begun, pass } = reading({ random });
			await pass(25_000);
			return (begun.at(-1) ?? 0) % POLL;
		};
		expect(new Set([await second(0.1), await second(0.4), await second(0.9)]).size).toBe(3);
	});
});
