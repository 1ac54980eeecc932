import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Trigger } from '../../../src/registrar/loop/trigger.js';

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

/** Passes that end when the test says so. */
function aTrigger() {
	const seen = { begun: 0, running: 0, most: 0 };
	const ends: (() => void)[] = [];
	const pass = async () => {
		seen.begun += 1;
		seen.running += 1;
		seen.most = Math.max(seen.most, seen.running);
		await new Promise<void>((resolve) => ends.push(resolve));
		seen.running -= 1;
	};
	const trigger = new Trigger(pass, { now: () => performance.now() });
	const end = async () => {
		ends.shift()?.();
		await vi.advanceTimersByTimeAsync(0);
	};
	return { trigger, seen, end };
}

/** Passes that end at once. */
function aQuickTrigger() {
	const begunAt: number[] = [];
	const trigger = new Trigger(
		async () => {
			begunAt.push(performance.now());
		},
		{ now: () => performance.now() },
	);
	return { trigger, begunAt };
}

test('a pass runs at once, and the call resolves when it has ended', async () => {
	const { trigger, seen, end } = aTrigger();
	let ended = false;
	const pass = trigger.now().then(() => {
		ended = true;
	});
	expect(seen.begun).toBe(1);
	await vi.advanceTimersByTimeAsync(10_000);
	expect(ended).toBe(false);
	await end();
	await pass;
	expect(ended).toBe(true);
});

test('however many ask during a pass, exactly one more follows, and all of them wait for that one', async () => {
	const { trigger, seen, end } = aTrigger();
	void trigger.now();
	let served = 0;
	for (let n = 0; n < 5; n += 1) void trigger.now().then(() => (served += 1));
	trigger.hint(0);
	await end();
	expect(seen).toEqual({ begun: 2, running: 1, most: 1 });
	expect(served).toBe(0);
	await end();
	expect(served).toBe(5);
	await vi.advanceTimersByTimeAsync(60_000);
	expect(seen).toEqual({ begun: 2, running: 0, most: 1 });
});

test('whenever somebody asks around the end of a pass, two never run at once', async () => {
	for (let ticks = 0; ticks < 12; ticks += 1) {
		const { trigger, seen, end } = aTrigger();
		void trigger.now();
		void trigger.now();
		const asking = (async () => {
			await end();
		})();
		for (let n = 0; n < ticks; n += 1) await Promise.resolve();
		void trigger.now();
		await asking;
		await vi.advanceTimersByTimeAsync(1);
		expect(seen.most, `asked ${ticks} ticks later`).toBe(1);
		for (let n = 0; n < 4; n += 1) await end();
		expect(seen.running).toBe(0);
	}
});

test('ten hints run at once, those after them two a second', async () => {
	const { trigger, begunAt } = aQuickTrigger();
	for (let n = 0; n < 10; n += 1) {
		trigger.hint(0);
		await vi.advanceTimersByTimeAsync(0);
	}
	expect(begunAt).toHaveLength(10);
	const startMs = performance.now();
	const flood = setInterval(() => trigger.hint(0), 1);
	await vi.advanceTimersByTimeAsync(10_000);
	clearInterval(flood);
	expect(begunAt.length - 10).toBeGreaterThanOrEqual(19);
	expect(begunAt.length - 10).toBeLessThanOrEqual(21);
	expect(begunAt.every((ms, n) => n < 10 || ms >= startMs)).toBe(true);
});

test('a hint that waits is not lost: its pass runs when the bucket has a token', async () => {
	const { trigger, begunAt } = aQuickTrigger();
	for (let n = 0; n < 11; n += 1) {
		trigger.hint(0);
		await vi.advanceTimersByTimeAsync(0);
	}
	expect(begunAt).toHaveLength(10);
	await vi.advanceTimersByTimeAsync(500);
	expect(begunAt).toHaveLength(11);
});

test('hints that come while one waits are one with it', async () => {
	const { trigger, begunAt } = aQuickTrigger();
	for (let n = 0; n < 20; n += 1) trigger.hint(300);
	await vi.advanceTimersByTimeAsync(299);
	expect(begunAt).toHaveLength(0);
	await vi.advanceTimersByTimeAsync(10_000);
	expect(begunAt).toHaveLength(1);
});

test('what is asked for outright passes by the bucket', async () => {
	const { trigger, begunAt } = aQuickTrigger();
	for (let n = 0; n < 50; n += 1) await trigger.now();
	expect(begunAt).toHaveLength(50);
});

test('after stop no pass begins: not a waiting hint, not the one more, not a new call', async () => {
	const { trigger, seen, end } = aTrigger();
	void trigger.now();
	void trigger.now();
	trigger.hint(100);
	let stopped = false;
	const stopping = trigger.stop().then(() => {
		stopped = true;
	});
	await vi.advanceTimersByTimeAsync(1_000);
	expect(stopped).toBe(false);
	await end();
	await stopping;
	await trigger.now();
	trigger.hint(0);
	await vi.advanceTimersByTimeAsync(60_000);
	expect(seen).toEqual({ begun: 1, running: 0, most: 1 });
	expect(vi.getTimerCount()).toBe(0);
});

test('who waits for the one more is let go when it is stopped', async () => {
	const { trigger, end } = aTrigger();
	void trigger.now();
	const waiting = trigger.now();
	const stopping = trigger.stop();
	await end();
	await Promise.all([waiting, stopping]);
});
