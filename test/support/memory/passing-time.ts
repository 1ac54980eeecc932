import { afterEach, beforeEach, expect, vi } from 'vitest';

/**
 * Fake timers for every test of the file that calls it. Real ones come back after each; a rejection that
 * nobody handled in the meantime fails the test that caused it.
 */
export function fakeTime(): void {
	const unhandled: unknown[] = [];
	const onUnhandled = (error: unknown) => unhandled.push(error);
	beforeEach(() => {
		vi.useFakeTimers();
		process.on('unhandledRejection', onUnhandled);
	});
	afterEach(async () => {
		vi.useRealTimers();
		await new Promise((resolve) => setImmediate(resolve));
		process.off('unhandledRejection', onUnhandled);
		expect(unhandled.splice(0)).toEqual([]);
	});
}

/** Lets so many seconds pass. */
export const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

/** Resolves when the promise does; time goes on meanwhile, at most so many seconds. */
export async function within<T>(limitSeconds: number, promise: Promise<T>): Promise<T> {
	let over = false;
	const ending = promise.finally(() => {
		over = true;
	});
	ending.catch(() => {});
	for (let ms = 0; ms < limitSeconds * 1_000 && !over; ms += 50) await vi.advanceTimersByTimeAsync(50);
	expect(over, `within ${limitSeconds} s`).toBe(true);
	return ending;
}

/** `resolved`, or what it rejects with. */
export const outcome = (promise: Promise<unknown>): Promise<unknown> =>
	promise.then(
		() => 'resolved',
		(error: unknown) => error,
	);
