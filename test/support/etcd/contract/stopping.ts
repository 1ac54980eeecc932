/** How every store begins, is stopped and ends. */
import { expect, test } from 'vitest';
import { StoreError } from '../../../../src/core/errors.js';
import { until } from '../../until.js';
import { type Clients, fresh, keepaliveLog, observed, put, watchLog } from './kit.js';

export function contractOfStopping({ connect, untouched }: Clients): void {
	test('what is stopped before it begins is not carried out', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		const signal = AbortSignal.abort();
		for (const call of [
			() => store.write([put(key('a'), '1', '0')], signal),
			() => store.grant(lease, 30, signal),
			() => store.read([key('a')], signal),
			() => store.timeToLive(lease, signal),
			() => store.count(key(''), signal),
			() => store.revoke(lease, signal),
		]) {
			await expect(call()).rejects.toMatchObject({ name: 'StoreError', code: 'aborted' });
		}
		// They travel on one connection: what had been sent before this write would be there by now.
		await store.write([put(key('z'), '1', '0')]);
		expect(await observed(store, key('a'))).toBeNull();
		expect(await store.timeToLive(lease)).toBeNull();
	});

	test('what is stopped on its way is left behind at once', async () => {
		const { key } = fresh();
		const store = await connect();
		const stop = new AbortController();
		const reading = store.read([key('a')], stop.signal);
		stop.abort();
		await expect(reading).rejects.toMatchObject({ name: 'StoreError', code: 'aborted' });
		expect(await observed(store, key('a'))).toBeNull();
	});

	test('before the first read there is no connection, and that is said', async () => {
		const store = untouched();
		await expect(store.grant('1', 30)).rejects.toMatchObject({ name: 'StoreError', code: 'unreachable' });
	});

	test('a grant may travel beside the first read', async () => {
		const { key, lease } = fresh();
		const store = untouched();
		const reading = store.read([key('a')]);
		const granting = store.grant(lease, 30);
		expect((await reading).keys.get(key('a'))).toBeNull();
		expect(await granting).toBe(30);
	});

	test('closed, it ends its streams and refuses everything, and may be closed again', async () => {
		const { key, lease } = fresh();
		const store = await connect();
		const [keepalive, watch] = [keepaliveLog(), watchLog()];
		await store.openKeepalive(keepalive.listener);
		await store.openWatch([[key('a')]], watch.listener);
		await until(() => watch.opened);
		store.close();
		store.close();
		for (const call of [
			() => store.read([key('a')]),
			() => store.write([put(key('a'), '1', '0')]),
			() => store.grant(lease, 30),
			() => store.revoke(lease),
			() => store.timeToLive(lease),
			() => store.count(key('')),
			() => store.openKeepalive(keepalive.listener),
			() => store.openWatch([[key('a')]], watch.listener),
		]) {
			await expect(call()).rejects.toBeInstanceOf(StoreError);
		}
		await until(() => keepalive.ends.length === 1 && watch.ends.length === 1);
	});
}
