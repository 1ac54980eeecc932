import { expect, test } from 'vitest';
import type { Desired } from '../../../src/core/registration.js';
import type { Fact } from '../../../src/registrar/pass/facts.js';
import { aStage, lines, type Reconciling } from '../../support/memory/reconciling.js';

const WANTED: Readonly<Record<string, Desired>> = { a: 'v' };

test('take-over: a restart takes the key from our former life at once, without a gap', async () => {
	const { etcd, start } = aStage();
	const former = start();
	await former.pass(WANTED);
	const restarted = start();
	expect(lines(await restarted.pass(WANTED))).toEqual(['registered a']);
	expect(etcd.get('a')?.lease).toBe(restarted.lease);
});

test('take-over: the latest starter owns the key; who had it says so once, and nobody duels', async () => {
	const { etcd, clock, start } = aStage();
	const [first, second] = [start(), start()];
	await first.pass(WANTED);
	await second.pass(WANTED);
	const { revision } = etcd;
	const told: string[] = [];
	for (let n = 0; n < 100; n += 1) {
		clock.advance(1_000);
		first.renew();
		second.renew();
		told.push(...lines(await first.pass(WANTED)), ...lines(await second.pass(WANTED)));
	}
	expect(told).toEqual(['standing by a', 'registered a'].slice(0, 1));
	expect(etcd.get('a')?.lease).toBe(second.lease);
	expect(etcd.revision).toBe(revision);
});

test('who stands by says so once, also when the owner comes to another lease', async () => {
	const { etcd, start } = aStage();
	const [first, second] = [start(), start()];
	await first.pass(WANTED);
	await second.pass(WANTED);
	expect(lines(await first.pass(WANTED))).toEqual(['standing by a']);
	second.leases.retire();
	await second.pass(WANTED);
	expect(etcd.get('a')?.lease).toBe(second.lease);
	expect(lines(await first.pass(WANTED))).toEqual([]);
});

test.each([
	['stops', ({ etcd, lease }: Reconciling) => etcd.revoke(lease), 'repaired a absent'],
	['withdraws', ({ etcd }: Reconciling) => etcd.delete('a'), 'repaired a absent'],
])('whoever is left takes the key when the owner %s', async (_how, leave, told) => {
	const { etcd, start } = aStage();
	const [first, second] = [start(), start()];
	await first.pass(WANTED);
	await second.pass(WANTED);
	await first.pass(WANTED);
	leave(second);
	expect(lines(await first.pass(WANTED))).toEqual([told]);
	expect(etcd.get('a')?.lease).toBe(first.lease);
});

for (const dies of ['the owner', 'who stands by'] as const) {
	test(`whichever dies, the other ends up registered: ${dies}`, async () => {
		const { etcd, clock, start } = aStage();
		const [first, second] = [start(), start()];
		await first.pass(WANTED);
		await second.pass(WANTED);
		const left = dies === 'the owner' ? first : second;
		const dead = dies === 'the owner' ? second : first;
		await first.pass(WANTED);
		for (let n = 0; n < 12; n += 1) {
			clock.advance(1_000);
			left.renew();
			await left.pass(WANTED);
			expect(etcd.get('a')).not.toBeNull();
		}
		expect(etcd.get('a')?.lease).toBe(left.lease);
		expect(etcd.leases).not.toContain(dead.lease);
	});
}

test('who had the key takes it from a dead owner before the lease is over, so that there is no gap', async () => {
	const { etcd, clock, start } = aStage();
	const [first, second] = [start(), start()];
	await first.pass(WANTED);
	await second.pass(WANTED);
	await first.pass(WANTED);
	clock.advance(6_100);
	first.renew();
	expect(lines(await first.pass(WANTED))).toEqual(['repaired a foreign_lease']);
	expect(etcd.leases).toContain(second.lease);
});

test('who stands by reads the lease each third of its TTL, and nothing else of the owner', async () => {
	const { clock, start } = aStage();
	const [first, second] = [start(), start()];
	await first.pass(WANTED);
	await second.pass(WANTED);
	await first.pass(WANTED);
	expect(first.store.calls.timeToLive).toBe(1);
	expect(first.run.nextInMs()).toBe(3_000);
	const writes = first.store.calls.write;
	for (let n = 0; n < 9; n += 1) {
		clock.advance(1_000);
		second.renew();
		first.renew();
		await first.pass(WANTED);
	}
	expect(first.store.calls).toMatchObject({ timeToLive: 4, write: writes, revoke: 0 });
});

test('the next observation is due no sooner than the timer that asks for it rounds', async () => {
	const { clock, start } = aStage();
	const [first, second] = [start({ ttlSeconds: 5 }), start({ ttlSeconds: 5 })];
	await first.pass(WANTED);
	await second.pass(WANTED);
	await first.pass(WANTED);
	const waitMs = first.run.nextInMs() ?? Number.NaN;
	// Node's timers drop the fraction of a millisecond.
	clock.advance(Math.trunc(waitMs));
	await first.pass(WANTED);
	expect(first.store.calls.timeToLive).toBe(2);
});

test('who stands by withdraws, resumes and goes without touching the key', async () => {
	const { etcd, start } = aStage();
	const [first, second] = [start(), start()];
	await first.pass(WANTED);
	await second.pass(WANTED);
	await first.pass(WANTED);
	const { revision } = etcd;
	expect(await first.pass({ a: null })).toEqual([]);
	expect(lines(await first.pass(WANTED))).toEqual(['standing by a']);
	await first.pass({});
	expect(etcd.revision).toBe(revision);
	expect(etcd.get('a')?.lease).toBe(second.lease);
});

test('two keys, two owners: each key is decided alone', async () => {
	const { etcd, start } = aStage();
	const [first, second] = [start(), start()];
	await first.pass({ a: 'v', b: 'v' });
	await second.pass({ b: 'v', c: 'v' });
	expect(lines(await first.pass({ a: 'v', b: 'v' }))).toEqual(['standing by b']);
	expect(etcd.get('a')?.lease).toBe(first.lease);
	expect(etcd.get('b')?.lease).toBe(second.lease);
});

test('two that start at the same moment: the guards let one write after the other, and one owns the key', async () => {
	const { etcd, start } = aStage();
	const [first, second] = [start(), start()];
	await Promise.all([first.pass(WANTED), second.pass(WANTED)]);
	const told = [...lines(await first.pass(WANTED)), ...lines(await second.pass(WANTED))];
	expect(told).toEqual(['standing by a']);
	expect([first.lease, second.lease]).toContain(etcd.get('a')?.lease);
});

test('take-over: the key may be taken until one pass has had it', async () => {
	const { etcd, start } = aStage();
	const [first, second] = [start(), start()];
	await first.pass(WANTED);
	second.store.fault('write', 'unavailable');
	await expect(second.pass(WANTED)).rejects.toMatchObject({ code: 'unavailable' });
	expect(lines(await second.pass(WANTED))).toEqual(['registered a']);
	expect(etcd.get('a')?.lease).toBe(second.lease);
});

test('take-over: a pass that does not want the key takes nothing; the first that wants it does', async () => {
	const { etcd, start } = aStage();
	const [first, second] = [start(), start()];
	await second.pass({ a: null });
	await first.pass(WANTED);
	await second.pass({ a: null });
	expect(etcd.get('a')?.lease).toBe(first.lease);
	expect(lines(await second.pass(WANTED))).toEqual(['registered a']);
});

test('wait: stands by from the start, and takes the key when its lease has expired', async () => {
	const { clock, start } = aStage();
	const [first, second] = [start(), start({ policy: 'wait' })];
	await first.pass(WANTED);
	expect(lines(await second.pass(WANTED))).toEqual(['standing by a']);
	for (let n = 0; n < 20; n += 1) {
		clock.advance(1_000);
		first.renew();
		expect(await second.pass(WANTED)).toEqual([]);
	}
	clock.advance(9_000);
	expect(lines(await second.pass(WANTED))).toEqual(['registered a']);
});

test('fail: a live owner ends it, after observations that tell', async () => {
	const { etcd, clock, start } = aStage();
	const [first, second] = [start(), start({ policy: 'fail' })];
	await first.pass(WANTED);
	const told: Fact[] = [];
	for (let n = 0; n < 6 && told.at(-1)?.fact !== 'conflict'; n += 1) {
		told.push(...(await second.pass(WANTED)));
		clock.advance(1_500);
		first.renew();
	}
	// One and the same conflict.
	expect(told).toMatchObject([{ fact: 'standing by' }, { fact: 'conflict', isNews: false }]);
	expect(etcd.get('a')?.lease).toBe(first.lease);
	expect(second.leases.alive).toEqual([]);
});

test('fail: the key of our own former life, which nobody renews, is taken once it has expired', async () => {
	const { etcd, clock, start } = aStage();
	const [former, restarted] = [start(), start({ policy: 'fail' })];
	await former.pass(WANTED);
	clock.advance(1);
	const told: string[] = [];
	for (let n = 0; n < 8; n += 1) {
		told.push(...lines(await restarted.pass(WANTED)));
		restarted.renew();
		clock.advance(1_000);
		expect(etcd.get('a')).not.toBeNull();
	}
	expect(told).toEqual(['standing by a', 'registered a']);
	expect(etcd.get('a')?.lease).toBe(restarted.lease);
});

test('fail: once it has had the key, a twin that starts weeks later does not end it', async () => {
	const { clock, start } = aStage();
	const [first, twin] = [start({ policy: 'fail' }), start()];
	await first.pass(WANTED);
	await twin.pass(WANTED);
	const told: string[] = [];
	for (let n = 0; n < 20; n += 1) {
		clock.advance(1_000);
		twin.renew();
		told.push(...lines(await first.pass(WANTED)));
	}
	expect(told).toEqual(['standing by a']);
});

test('fail: a slow answer does not make an expired lease look alive', async () => {
	const { clock, start } = aStage();
	const [former, restarted] = [start(), start({ policy: 'fail' })];
	await former.pass(WANTED);
	clock.advance(10);
	await restarted.pass(WANTED);
	// The next answer says what was true 600 ms before it came.
	restarted.store.after = (call) => {
		if (call === 'timeToLive') clock.advance(600);
	};
	clock.advance(3_990);
	expect(lines(await restarted.pass(WANTED))).toEqual([]);
	clock.advance(3_000);
	expect(lines(await restarted.pass(WANTED))).toEqual(['registered a']);
});
