import { expect, test } from 'vitest';
import type { Registrar } from '../../../src/registrar/api.js';
import { aKeeping, KEY } from '../../support/memory/keeping.js';
import { fakeTime, within } from '../../support/memory/passing-time.js';

fakeTime();

const pause = (registrar: Registrar) => registrar.pause();
const remove = (registrar: Registrar) => registrar.remove('user', '10.0.0.5:80');
const update = (registrar: Registrar) => registrar.update('user', '10.0.0.5:80', { version: 'v2' });

/**
 * A pass is about to put the key back when, before or after one of its calls, the wish changes. `puts`: what
 * may still be put.
 */
const ROWS: readonly (readonly [
	sentence: string,
	change: (registrar: Registrar) => Promise<void>,
	at: 'before' | 'after',
	call: 'read' | 'grant',
	puts: readonly (string | undefined)[],
])[] = [
	['a key that is paused while it is read is not put any more', pause, 'after', 'read', []],
	['a key that is paused before its lease is granted is not put any more', pause, 'before', 'grant', []],
	['a key that is paused while its lease is granted is not put any more', pause, 'after', 'grant', []],
	['a service that is removed while it is read is not put any more', remove, 'after', 'read', []],
	['a service that is removed while its lease is granted is not put any more', remove, 'after', 'grant', []],
	['a value that changes while the key is read is put as it is then', update, 'after', 'read', ['v2']],
];
test.each(ROWS)('%s', async (_sentence, change, at, call, puts) => {
	const { registrar, etcd, store, names } = aKeeping({ services: [{ formats: 'json' }] });
	await registrar.start();
	await within(1, registrar.ready());
	const lease = etcd.get(KEY)?.lease ?? '';
	etcd.revoke(lease);
	const seen: (string | undefined)[] = [];
	const unwatch = etcd.watch((_, event) => {
		if (event.type === 'put') seen.push((JSON.parse(event.value) as { version?: string }).version);
	});
	let changed: Promise<void> | null = null;
	store[at] = (made) => {
		if (made === call) changed ??= change(registrar);
	};
	await within(1, registrar.reconcile());
	await within(1, changed ?? Promise.reject(new Error('the call was never made')));
	unwatch();
	expect(seen).toEqual(puts);
	expect(etcd.get(KEY) === null).toBe(puts.length === 0);
	expect(names()).not.toContain('degraded');
	await within(1, registrar.stop());
	expect(etcd.contents).toEqual({});
	expect(etcd.leases).toEqual([]);
});
