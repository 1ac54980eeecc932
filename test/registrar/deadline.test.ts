import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withDeadline } from '../../src/registrar/deadline.js';

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const never = () => new Promise<never>(() => {});

test('work that ends in time gives its result, and leaves no timer', async () => {
	await expect(withDeadline(1_000, async () => 7)).resolves.toBe(7);
	expect(vi.getTimerCount()).toBe(0);
});

test('what the work throws is thrown', async () => {
	const error = new Error('broken');
	await expect(withDeadline(1_000, () => Promise.reject(error))).rejects.toBe(error);
	expect(vi.getTimerCount()).toBe(0);
});

test('work that ignores its signal is left behind at the deadline, and was told', async () => {
	let told = false;
	const outcome = withDeadline(1_000, (signal) => {
		signal.addEventListener('abort', () => {
			told = true;
		});
		return never();
	}).catch((error: unknown) => error);
	await vi.advanceTimersByTimeAsync(1_000);
	expect(await outcome).toMatchObject({ name: 'StoreError', code: 'timeout' });
	expect(told).toBe(true);
});

test.each([
	['before it begins', 0],
	['while it runs', 500],
])('it ends with the outer signal: %s', async (_when, ms) => {
	const outer = new AbortController();
	if (ms === 0) outer.abort();
	const outcome = withDeadline(1_000, never, outer.signal).catch((error: unknown) => error);
	await vi.advanceTimersByTimeAsync(ms);
	outer.abort();
	expect(await outcome).toMatchObject({ name: 'StoreError', code: 'aborted' });
	expect(vi.getTimerCount()).toBe(0);
});
