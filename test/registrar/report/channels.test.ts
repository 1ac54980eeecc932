import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, onTestFinished, test } from 'vitest';
import { EVENTS } from '../../../src/registrar/events.js';
import { aKeeping, KEY } from '../../support/memory/keeping.js';
import { fakeTime, within } from '../../support/memory/passing-time.js';

fakeTime();

test('each event is published on a channel of its name, with what its listeners are told', async () => {
	const published: unknown[] = [];
	for (const event of EVENTS) {
		const hear = (message: unknown) => published.push({ event, detail: message });
		subscribe(`etcd-registrar:${event}`, hear);
		onTestFinished(() => void unsubscribe(`etcd-registrar:${event}`, hear));
	}
	const { registrar, etcd, store, events } = aKeeping();
	await registrar.start();
	await within(1, registrar.ready());
	etcd.delete(KEY);
	await within(1, registrar.reconcile());
	store.down = 'unavailable';
	await within(1, registrar.reconcile());
	store.down = null;
	await within(1, registrar.reconcile());
	await within(1, registrar.pause());
	await within(1, registrar.stop());
	expect(events.map(({ event }) => event)).toEqual([
		...['registered', 'repaired', 'degraded', 'recovered', 'withdrawn', 'stopped'],
	]);
	expect(published).toEqual(events);
});

test('nobody who subscribes: nothing is published', async () => {
	const { registrar } = aKeeping();
	const stopped = channel('etcd-registrar:stopped');
	const publish = stopped.publish;
	let times = 0;
	stopped.publish = () => {
		times += 1;
	};
	onTestFinished(() => {
		stopped.publish = publish;
	});
	await registrar.start();
	await within(1, registrar.stop());
	expect([stopped.hasSubscribers, times]).toEqual([false, 0]);
});
