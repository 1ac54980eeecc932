/** What every store does with leases. */
import { expect, test } from 'vitest';
import { until } from '../../until.js';
import { type Clients, fresh, keepaliveLog, observed, put, watchLog } from './kit.js';

export function contractOfLeases({ connect }: Clients): void {
	test('a lease is granted for as long as etcd says, and granted again is the same', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		expect(await store.grant(lease, 30)).toBe(30);
		await store.write([put(key('a'), '1', lease)]);
		expect(await store.grant(lease, 60)).toBe(30);
		expect((await observed(store, key('a')))?.lease).toBe(lease);
		expect(await store.grant(String(BigInt(lease) + 1n), 1)).toBe(2);
	});

	test('lease IDs keep all their digits', async () => {
		const { key, lease: low } = fresh();
		const lease = String(2n ** 63n - 1n - BigInt(low));
		const store = await connect();
		await store.grant(lease, 30);
		await store.write([put(key('a'), '1', lease)]);
		expect((await observed(store, key('a')))?.lease).toBe(lease);
		expect(await store.timeToLive(lease)).not.toBeNull();
		await store.revoke(lease);
		expect(await store.timeToLive(lease)).toBeNull();
	});

	test('a revoked lease takes its keys along, and revoking what is gone is no fault', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		await store.grant(lease, 30);
		await store.write([put(key('a'), '1', lease), put(key('b'), '1', '0')]);
		await store.revoke(lease);
		await store.revoke(lease);
		const { keys } = await store.read([key('a'), key('b')]);
		expect([keys.get(key('a')), keys.get(key('b'))?.value]).toEqual([null, '1']);
		await expect(store.write([put(key('a'), '1', lease)])).rejects.toMatchObject({ code: 'lease-not-found' });
	});

	test('a key that moves to another lease no longer goes with the first', async () => {
		const { key, lease } = fresh();
		const other = String(BigInt(lease) + 1n);
		const store = await connect();
		await store.grant(lease, 30);
		await store.grant(other, 30);
		await store.write([put(key('a'), '1', lease)]);
		await store.write([put(key('a'), '1', other, (await observed(store, key('a')))?.modRevision)]);
		await store.revoke(lease);
		expect((await observed(store, key('a')))?.lease).toBe(other);
	});

	test('what remains of a lease is told in whole seconds, truncated', async () => {
		const { lease } = fresh();
		const store = await connect();
		expect(await store.timeToLive(lease)).toBeNull();
		await store.grant(lease, 30);
		// Asked a moment later: something of the thirtieth second is gone.
		await until(async () => (await store.timeToLive(lease))?.remainingSeconds === 29);
		expect(await store.timeToLive(lease)).toMatchObject({ grantedSeconds: 30 });
	});

	test('a lease that nobody renews takes its keys along when its time is over', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		const watch = watchLog();
		await store.openWatch([[key('a')]], watch.listener);
		await until(() => watch.opened);
		await store.grant(lease, 2);
		await store.write([put(key('a'), '1', lease)]);
		await until(() => watch.told.length === 2, { what: 'the end of the lease' });
		expect(watch.told).toEqual([
			[key('a'), { type: 'put', value: '1', lease }],
			[key('a'), { type: 'delete' }],
		]);
		expect(await observed(store, key('a'))).toBeNull();
		expect(await store.timeToLive(lease)).toBeNull();
		await expect(store.write([put(key('a'), '1', lease)])).rejects.toMatchObject({ code: 'lease-not-found' });
	});

	test('a lease that is renewed lives on; one that is gone is answered by 0', async () => {
		const { lease } = fresh();
		const store = await connect();
		await store.grant(lease, 2);
		const log = keepaliveLog();
		const stream = await store.openKeepalive(log.listener);
		const end = performance.now() + 4_500;
		while (performance.now() < end) {
			const answered = log.answers.length;
			stream.request(lease);
			await until(() => log.answers.length > answered);
			await new Promise((resolve) => setTimeout(resolve, 500));
		}
		expect(await store.timeToLive(lease)).not.toBeNull();
		stream.request('6999999');
		await until(() => log.answers.some(([, ttl]) => ttl === 0));
		expect(log.answers.at(-1)).toEqual(['6999999', 0]);
		expect(log.answers.slice(0, -1).every(([id, ttl]) => id === lease && ttl === 2)).toBe(true);
		expect(log.ends).toEqual([]);
	});
}
