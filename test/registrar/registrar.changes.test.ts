import { expect, test } from 'vitest';
import type { RecentChanges } from '../../src/registrar/documents.js';
import { aKeeping, KEY } from '../support/memory/keeping.js';
import { fakeTime, seconds, within } from '../support/memory/passing-time.js';

fakeTime();

const kinds = ({ changes }: RecentChanges): string[] =>
	changes.map(({ kind, why }) => (why === null ? kind : `${kind} ${why}`));

test('what becomes of a key is kept where somebody asks for it: repairs, holders, withdrawals with why', async () => {
	const { registrar, etcd, schedule } = aKeeping({ keepsChanges: true });
	await registrar.start();
	await within(1, registrar.ready());
	await seconds(1);
	etcd.delete(KEY);
	await seconds(1);
	await within(1, registrar.pause({ reason: 'moving its disk' }));
	await within(1, registrar.resume());
	const other = aKeeping({ etcd });
	await other.registrar.start();
	await within(1, other.registrar.ready());
	schedule.tick();
	await seconds(1);
	const recent = registrar.recentChanges();
	expect(kinds(recent)).toEqual([
		...['registered', 'missing', 'repaired absent', 'registered'],
		...['withdrawn user paused: moving its disk', 'registered', 'standing-by'],
	]);
	expect(recent.keys).toEqual([[0, KEY]]);
	expect(recent.startedAgoMs).toBeGreaterThan(2_900);
	expect([recent.passingMs, recent.completeAgoMs]).toEqual([null, null]);
	await within(1, other.registrar.stop());
	await within(1, registrar.stop());
});

test('a silent etcd is a pass that goes on, then an outage from the beginning of that pass', async () => {
	const { registrar, store, schedule } = aKeeping({ keepsChanges: true });
	await registrar.start();
	await within(1, registrar.ready());
	await seconds(2);
	store.down = 'hang';
	store.freeze();
	schedule.tick();
	await seconds(0.5);
	expect(registrar.recentChanges().passingMs).toBe(500);
	await seconds(20);
	store.down = null;
	await seconds(7);
	const { changes, passingMs } = registrar.recentChanges();
	expect(passingMs).toBeNull();
	const [, silent, ...after] = changes;
	expect(silent).toMatchObject({ kind: 'silent', agoMs: 27_500, count: 0 });
	expect(after.map(({ kind }) => kind)).toContain('recovered');
	expect(after.map(({ kind }) => kind)).not.toContain('silent');
	await within(10, registrar.stop());
});

test('nothing is kept where nobody asks', async () => {
	const { registrar, etcd } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	etcd.delete(KEY);
	await seconds(2);
	expect(registrar.recentChanges()).toMatchObject({ keys: [], changes: [] });
	await within(1, registrar.stop());
});

test('a lease tells how long it lives: from its grant, and anew from each renewal', async () => {
	const { registrar, store } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	const left = () => registrar.status().lease?.secondsLeft ?? Number.NaN;
	for (let n = 0; n < 20; n += 1) {
		await seconds(1);
		// Renewed each third of its six seconds.
		expect(left()).toBeGreaterThanOrEqual(3.9);
		expect(left()).toBeLessThanOrEqual(6);
	}
	store.down = 'hang';
	store.freeze();
	await seconds(30);
	expect(left()).toBe(0);
	await within(10, registrar.stop());
});
