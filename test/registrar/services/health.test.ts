import { expect, test } from 'vitest';
import type { HealthCheck } from '../../../src/registrar/ports.js';
import { HealthLoop } from '../../../src/registrar/services/health.js';

/** Bounds a hang; asserts no speed. */
const SOON = { timeout: 30_000 };

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A check that does as `next` says, and counts how many run at once. */
function scripted(next: (signal: AbortSignal) => Promise<void>) {
	const seen = { checks: 0, running: 0, most: 0 };
	const check: HealthCheck = {
		async check(signal) {
			seen.checks += 1;
			seen.running += 1;
			seen.most = Math.max(seen.most, seen.running);
			try {
				await next(signal);
			} finally {
				seen.running -= 1;
			}
		},
	};
	return { seen, check };
}
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
const untilAborted = (signal: AbortSignal) =>
	new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cut'))));

function loop(check: HealthCheck, rule: Partial<ConstructorParameters<typeof HealthLoop>[0]> = {}) {
	const told: [boolean, string][] = [];
	const onChange = (healthy: boolean, reason: string) => void told.push([healthy, reason]);
	return {
		told,
		loop: new HealthLoop({
			check,
			intervalMs: 10,
			timeoutMs: 30,
			rise: 1,
			fall: 3,
			onChange,
			logger: silent,
			...rule,
		}),
	};
}

test('it tells each turn once, with the reason', async () => {
	let healthy = false;
	const { seen, check } = scripted(() =>
		healthy ? Promise.resolve() : Promise.reject(new Error('the tank is empty')),
	);
	const { told, loop: health } = loop(check);
	health.start();
	await expect.poll(() => seen.checks, SOON).toBeGreaterThan(5);
	expect(told).toEqual([]);
	expect(health.reason).toBe('the tank is empty');
	healthy = true;
	await expect.poll(() => told, SOON).toEqual([[true, 'the check passes']]);
	healthy = false;
	await expect.poll(() => told.length, SOON).toBe(2);
	expect(told[1]).toEqual([false, 'the tank is empty']);
	expect(health.healthy).toBe(false);
	health.stop();
});

test('one that never passes is reported once, and what passes in time is not', async () => {
	const still: string[] = [];
	const onStillFailing = (reason: string) => void still.push(reason);
	const never = scripted(() => Promise.reject(new Error('no such command')));
	const soon = scripted(() =>
		soon.seen.checks < 3 ? Promise.reject(new Error('booting')) : Promise.resolve(),
	);
	const { told, loop: failing } = loop(never.check, { onStillFailing });
	const { told: passed, loop: booting } = loop(soon.check, { onStillFailing, intervalMs: 1_000, eagerMs: 5 });
	failing.start();
	booting.start();
	await expect.poll(() => never.seen.checks, SOON).toBeGreaterThan(9);
	await expect.poll(() => passed, SOON).toEqual([[true, 'the check passes']]);
	failing.stop();
	booting.stop();
	expect(told).toEqual([]);
	expect(still).toEqual(['no such command']);
});

test('a check that hangs is cut, fails, and never runs twice at once', async () => {
	let hang = false;
	const { seen, check } = scripted((signal) => (hang ? untilAborted(signal) : Promise.resolve()));
	const { told, loop: health } = loop(check);
	health.start();
	await expect.poll(() => told.length, SOON).toBe(1);
	hang = true;
	await expect.poll(() => told.length, SOON).toBe(2);
	expect(told[1]).toEqual([false, 'no result within 30 ms']);
	hang = false;
	await expect.poll(() => told.length, SOON).toBe(3);
	expect(seen.most).toBe(1);
	health.stop();
});

test('a check that ends late after it was cut is waited for', async () => {
	const { seen, check } = scripted(async (signal) => {
		await untilAborted(signal).catch(() => {});
		await new Promise((resolve) => setTimeout(resolve, 50));
	});
	const { loop: health } = loop(check, { timeoutMs: 200, intervalMs: 1 });
	health.start();
	await expect.poll(() => seen.checks, SOON).toBeGreaterThan(2);
	expect(seen.most).toBe(1);
	expect(health.healthy).toBe(false);
	health.stop();
});

test('a check that ignores its signal for ever does not silence the loop', async () => {
	let ignore = true;
	const { seen, check } = scripted(() => (ignore ? new Promise<void>(() => {}) : Promise.resolve()));
	const { told, loop: health } = loop(check);
	health.start();
	await expect.poll(() => seen.checks, SOON).toBeGreaterThan(1);
	ignore = false;
	await expect.poll(() => told, SOON).toEqual([[true, 'the check passes']]);
	health.stop();
});

test('a check that throws at once, and a listener that throws, do not end the loop', async () => {
	let checks = 0;
	let turns = 0;
	const check: HealthCheck = {
		check() {
			checks += 1;
			if (checks % 2 === 0) throw new Error('out of order');
			return Promise.resolve();
		},
	};
	const onChange = () => {
		turns += 1;
		throw new Error('deaf');
	};
	const { loop: health } = loop(check, { fall: 1, onChange });
	health.start();
	await expect.poll(() => turns, SOON).toBeGreaterThan(4);
	health.stop();
});

test('stop aborts the running check, leaves no timer, and nothing is told after it', async () => {
	const before = timers();
	let aborted = false;
	const { seen, check } = scripted((signal) => untilAborted(signal).finally(() => (aborted = true)));
	const { told, loop: health } = loop(check, { timeoutMs: 60_000, intervalMs: 60_000, fall: 1 });
	health.start();
	health.start();
	await expect.poll(() => seen.checks, SOON).toBe(1);
	health.stop();
	health.stop();
	await expect.poll(() => aborted, SOON).toBe(true);
	expect(timers()).toBeLessThanOrEqual(before);
	expect(told).toEqual([]);
	expect(seen.checks).toBe(1);
});

test('started again it begins unhealthy', async () => {
	const { told, loop: health } = loop(scripted(() => Promise.resolve()).check);
	health.start();
	await expect.poll(() => told.length, SOON).toBe(1);
	health.stop();
	expect(health.healthy).toBe(false);
	health.start();
	await expect.poll(() => told.length, SOON).toBe(2);
	health.stop();
});
