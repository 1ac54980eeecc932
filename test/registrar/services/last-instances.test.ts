import { expect, test } from 'vitest';
import { StoreError } from '../../../src/core/errors.js';
import { aKeeping, type KeepingOptions } from '../../support/memory/keeping.js';
import { MemoryEtcd } from '../../support/memory/memory-etcd.js';
import { fakeTime, seconds, within } from '../../support/memory/passing-time.js';

fakeTime();

/** Instances of one service, each in a process of its own, whose checks pass or fail as they are told. */
async function fleet(
	count: number,
	minHealthy: number | string | undefined,
	options: Omit<KeepingOptions, 'services' | 'etcd'> & {
		readonly formats?: readonly ('address' | 'grpc')[];
	} = {},
) {
	const { formats = ['address'], ...parts } = options;
	const etcd = new MemoryEtcd(performance);
	const instances = await Promise.all(
		Array.from({ length: count }, async (_, at) => {
			const healthy = { is: true };
			const check = { target: 'tcp://127.0.0.1:1', intervalMs: 500, fall: 2, minHealthy };
			const keeping = aKeeping({
				...parts,
				etcd,
				services: [{ addr: `10.0.0.${at + 1}:80`, formats, check }],
				createCheck: () => ({
					check: () => (healthy.is ? Promise.resolve() : Promise.reject(new Error('the database is gone'))),
				}),
			});
			await keeping.registrar.start();
			await within(2, keeping.registrar.ready());
			return { ...keeping, healthy };
		}),
	);
	const passes = async (forSeconds: number) => {
		for (let second = 0; second < forSeconds; second += 1) {
			for (const { schedule } of instances) if (second % 6 === 0) schedule.tick();
			await seconds(1);
		}
	};
	const standing = () => Object.keys(etcd.contents).filter((key) => key.startsWith('/ns/')).length;
	const stop = () => within(20, Promise.all(instances.map(({ registrar }) => registrar.stop())));
	return { etcd, instances, passes, standing, stop };
}

test.each([
	[3, 1, 1],
	[3, '50%', 2],
	[10, '50%', 5],
	[5, 4, 4],
	[1, 1, 1],
	[20, '10%', 2],
] as const)('of %d that fail at once with a least of %s, %d stay in', async (count, minHealthy, left) => {
	const { instances, passes, standing, stop } = await fleet(count, minHealthy);
	expect(standing()).toBe(count);
	for (const { healthy } of instances) healthy.is = false;
	let fewest: number = count;
	for (let second = 0; second < 60; second += 1) {
		await passes(1);
		fewest = Math.min(fewest, standing());
	}
	expect(standing()).toBe(left);
	expect(fewest).toBe(left);
	const kept = instances.filter(({ registrar }) => registrar.status().kept.length > 0);
	expect(kept).toHaveLength(left);
	for (const { registrar, names, lines } of kept) {
		expect(names().filter((name) => name === 'kept')).toHaveLength(1);
		expect(registrar.status()).toMatchObject({
			...{ state: 'registered', ready: true },
			kept: [{ service: 'user', reason: 'the database is gone', others: left - 1, needed: left }],
			reason: expect.stringContaining('user stays in although its check fails (the database is gone)'),
		});
		expect(JSON.stringify(lines).match(/but the service stays registered/g)).toHaveLength(1);
	}
	for (const { healthy } of instances) healthy.is = true;
	await passes(20);
	expect(standing()).toBe(count);
	for (const { registrar } of instances)
		expect(registrar.status()).toMatchObject({ state: 'registered', kept: [] });
	await stop();
});

test('one that fails alone is withdrawn', async () => {
	const { instances, passes, standing, stop } = await fleet(3, 1);
	const [first] = instances;
	if (first === undefined) throw new Error('no instance');
	first.healthy.is = false;
	await passes(15);
	expect(standing()).toBe(2);
	expect(first.registrar.status()).toMatchObject({ state: 'withdrawn', kept: [] });
	await stop();
});

test('who stays in leaves when another one is healthy again', async () => {
	const { instances, passes, standing, stop } = await fleet(2, 1);
	for (const { healthy } of instances) healthy.is = false;
	await passes(20);
	expect(standing()).toBe(1);
	const out = instances.find(({ registrar }) => registrar.status().state === 'withdrawn');
	const kept = instances.find((each) => each !== out);
	if (out === undefined || kept === undefined) throw new Error('none is out');
	out.healthy.is = true;
	await passes(20);
	expect(standing()).toBe(1);
	expect(out.registrar.status().state).toBe('registered');
	expect(kept.registrar.status()).toMatchObject({ state: 'withdrawn', kept: [] });
	await stop();
});

test('those who went together although too few are left come back, and then leave one after the other', async () => {
	// At first nobody waits: all count, and all go.
	const together = { is: false };
	const random = () => (together.is ? 0 : Math.random());
	const { instances, passes, standing, stop } = await fleet(3, 1, { random });
	together.is = true;
	for (const { healthy } of instances) healthy.is = false;
	await passes(2);
	together.is = false;
	const back = instances.filter(({ lines }) => {
		const text = JSON.stringify(lines);
		return text.includes('withdrawing') && text.includes('but the service stays registered');
	});
	expect(back.length).toBeGreaterThan(0);
	await passes(30);
	expect(standing()).toBe(1);
	await stop();
});

test('several formats: too few for the readers of one are too few', async () => {
	const { etcd, instances, passes, standing, stop } = await fleet(2, 1, { formats: ['address', 'grpc'] });
	const [first, second] = instances;
	if (first === undefined || second === undefined) throw new Error('no instances');
	await within(2, second.registrar.update('user', '10.0.0.2:80', { formats: ['address'] }));
	first.healthy.is = false;
	await passes(20);
	expect(standing()).toBe(2);
	expect(first.registrar.status().kept).toMatchObject([{ others: 0, needed: 1 }]);
	expect(Object.keys(etcd.contents)).toContain('user/10.0.0.1:80');
	await stop();
});

test('without a least all are withdrawn, and nothing is counted for it', async () => {
	const { instances, passes, standing, stop } = await fleet(3, undefined);
	for (const { healthy } of instances) healthy.is = false;
	await passes(10);
	expect(standing()).toBe(0);
	await stop();
});

test('where counting is denied it is withdrawn, and that is reported once', async () => {
	const { instances, passes, standing, stop } = await fleet(1, 1);
	const [only] = instances;
	if (only === undefined) throw new Error('no instance');
	only.store.before = (call) => {
		if (call === 'count') throw new StoreError('permission-denied', 'denied');
	};
	only.healthy.is = false;
	await passes(15);
	expect(standing()).toBe(0);
	expect(JSON.stringify(only.lines).match(/etcd denies counting the instances/g)).toHaveLength(1);
	await stop();
});

test('etcd away: nothing is decided, and the decision comes with etcd', async () => {
	const { instances, passes, standing, stop } = await fleet(2, 1);
	for (const { healthy, store } of instances) {
		store.down = 'unavailable';
		healthy.is = false;
	}
	await passes(3);
	expect(instances.map(({ registrar }) => registrar.status().kept)).toEqual([[], []]);
	for (const { store } of instances) store.down = null;
	await passes(30);
	expect(standing()).toBe(1);
	await stop();
});

test('paused or stopped it counts no more than it has to, and leaves nothing', async () => {
	const { etcd, instances, passes, standing, stop } = await fleet(1, 1);
	const [only] = instances;
	if (only === undefined) throw new Error('no instance');
	only.healthy.is = false;
	await passes(10);
	expect(standing()).toBe(1);
	await within(1, only.registrar.pause());
	expect(standing()).toBe(0);
	await passes(5);
	expect(standing()).toBe(0);
	await stop();
	expect(etcd.leases).toEqual([]);
});

test('who is paused is out, whatever its check says, and is told as that alone', async () => {
	const { instances, passes, standing, stop } = await fleet(1, 1);
	const [only] = instances;
	if (only === undefined) throw new Error('a fleet of one');
	only.healthy.is = false;
	await passes(6);
	expect(only.registrar.status().kept).toHaveLength(1);
	await within(6, only.registrar.pause());
	expect(standing()).toBe(0);
	expect(only.registrar.status().kept).toEqual([]);
	await stop();
});
