import { expect, test } from 'vitest';
import { aKeeping, KEY } from '../../support/memory/keeping.js';
import { fakeTime, seconds, within } from '../../support/memory/passing-time.js';

fakeTime();

const OTHER = '/ns/user/10.0.0.6:80';
const TWO = [{}, { addr: '10.0.0.6:80' }];

test('a denied key is tried again once an interval, however many passes run in it', async () => {
	const { registrar, store, etcd, schedule } = aKeeping({ services: TWO });
	store.denied.set(OTHER, 'write');
	await registrar.start();
	await seconds(1);
	const writes = () => store.calls.write;
	const before = writes();
	// Five passes that a watch asks for: the own key is back each time, the denied one is not tried.
	for (let n = 0; n < 5; n += 1) {
		etcd.delete(KEY);
		await seconds(0.5);
	}
	expect(etcd.get(KEY)).not.toBeNull();
	expect(writes()).toBe(before + 5);
	await seconds(3);
	schedule.tick();
	await seconds(0.5);
	expect(writes()).toBe(before + 6);
	etcd.delete(KEY);
	await seconds(0.5);
	expect(writes()).toBe(before + 7);
	await within(6, registrar.stop());
});

test('how long a pass took is told in milliseconds, and counted in seconds', async () => {
	const { registrar, store } = aKeeping();
	store.fault('read', 'hang', 'hang');
	await registrar.start();
	await seconds(0.9);
	expect(registrar.status().lastPass).toBeNull();
	await seconds(0.15);
	expect(registrar.status().lastPass).toMatchObject({ ok: false, durationMs: 1_000 });
	expect(registrar.status().counters.passSeconds.sum).toBeCloseTo(1, 1);
	expect(registrar.status().counters.passes).toEqual({ ok: 0, failed: 1 });
	await within(6, registrar.stop());
});

test('the longest pass is an interval, and three calls where these are longer, and never three intervals', async () => {
	const cutAfter = async (ttlSeconds: number, callTimeoutMs: number) => {
		const { registrar, store } = aKeeping({ ttlSeconds, callTimeoutMs });
		// A store that keeps to no deadline.
		store.read = () => new Promise(() => {});
		const beganMs = performance.now();
		await registrar.start();
		for (let n = 0; n < 1_000 && registrar.status().lastError === null; n += 1) await seconds(0.1);
		const afterMs = performance.now() - beganMs;
		await within(10, registrar.stop());
		return Math.round(afterMs / 100) / 10;
	};
	expect([await cutAfter(6, 1_000), await cutAfter(6, 3_000), await cutAfter(2, 4_000)]).toEqual([6, 9, 5]);
});

test('a stop lets a pass that has something in etcd end, for the time of a call, and cuts one that has nothing', async () => {
	const stoppedAfter = async (isRegistered: boolean, stopTimeoutMs: number) => {
		const { registrar, store, etcd, schedule } = aKeeping({ callTimeoutMs: 1_000, stopTimeoutMs });
		if (isRegistered) {
			await registrar.start();
			await seconds(1);
		}
		const { read } = store;
		store.read = () => new Promise(() => {});
		if (isRegistered) schedule.tick();
		else await registrar.start();
		await seconds(0.1);
		store.read = read;
		const beganMs = performance.now();
		await within(10, registrar.stop());
		expect(etcd.leases).toEqual([]);
		return Math.round((performance.now() - beganMs) / 100) / 10;
	};
	expect(await stoppedAfter(false, 5_000)).toBeLessThanOrEqual(0.1);
	expect(await stoppedAfter(true, 5_000)).toBeCloseTo(1, 0);
	expect(await stoppedAfter(true, 1_000)).toBeCloseTo(0.5, 0);
});

test.each([
	['one of two keys stood', TWO, 'deregistered'],
	['none stood', [{}], undefined],
])('the stop says that it deregistered where a key was: %s', async (_, services, told) => {
	const { registrar, store, lines } = aKeeping({ services });
	store.denied.set(told === undefined ? KEY : OTHER, 'all');
	await registrar.start();
	await seconds(1);
	await within(6, registrar.stop());
	expect(lines.find(({ message }) => message === 'deregistered')?.message).toBe(told);
});
