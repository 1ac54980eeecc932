import { expect, test } from 'vitest';
import { meterOf } from '../../src/adapters/meter.js';
import type { GaugeCallback, Meter } from '../../src/core/meter.js';
import type { Status } from '../../src/registrar/documents.js';
import { aLogger } from '../support/logger.js';
import { aKeeping, KEY } from '../support/memory/keeping.js';
import { fakeTime, within } from '../support/memory/passing-time.js';
import { aStatus } from '../support/process/status.js';

fakeTime();

/** A meter that adds up, as an SDK does: `name{attributes}` → value; histograms count. */
function aMeter() {
	const sums = new Map<string, number>();
	const options = new Map<string, unknown>();
	const callbacks = new Map<string, Set<GaugeCallback>>();
	const series = (name: string, attributes: Record<string, string> = {}) =>
		[name, ...Object.entries(attributes).map(([key, value]) => `${key}=${value}`)].join(' ');
	const plus = (name: string) => (value: number, attributes?: Record<string, string>) =>
		void sums.set(series(name, attributes), (sums.get(series(name, attributes)) ?? 0) + value);
	const meter: Meter = {
		createCounter(name, given) {
			options.set(name, given);
			return { add: plus(name) };
		},
		createHistogram(name, given) {
			options.set(name, given);
			return { record: () => plus(name)(1) };
		},
		createObservableGauge(name, given) {
			options.set(name, given);
			const all = new Set<GaugeCallback>();
			callbacks.set(name, all);
			return { addCallback: (each) => void all.add(each), removeCallback: (each) => void all.delete(each) };
		},
	};
	/** As an exporter does now and then. */
	const observed = () => {
		const seen: Record<string, number> = {};
		for (const [name, all] of callbacks)
			for (const callback of all)
				callback({
					observe(value, attributes) {
						seen[series(name, attributes)] = value;
					},
				});
		return seen;
	};
	return { meter, sums, options, observed };
}

test('the numbers of a registrar, every label from the start', async () => {
	const { meter, sums, options, observed } = aMeter();
	const { logger, lines } = aLogger();
	const { registrar, etcd, store } = aKeeping({
		services: [{ formats: 'kitex', weight: 7 }],
		createMetering: (status) => meterOf(meter, status, logger),
	});
	const key = 'kitex/registry-etcd/user/10.0.0.5:80';
	expect(Object.fromEntries(sums)).toEqual({
		...{ 'etcd_registrar.reconciles result=ok': 0, 'etcd_registrar.reconciles result=failed': 0 },
		...{ 'etcd_registrar.repairs reason=absent': 0, 'etcd_registrar.repairs reason=foreign_lease': 0 },
		...{ 'etcd_registrar.repairs reason=no_lease': 0, 'etcd_registrar.repairs reason=value_drift': 0 },
		...{ 'etcd_registrar.hints hint=watch': 0, 'etcd_registrar.hints hint=lease_lost': 0 },
		...{ 'etcd_registrar.hints hint=keepalive': 0, 'etcd_registrar.hints hint=reconnected': 0 },
		...{ 'etcd_registrar.hints hint=wake_up': 0, 'etcd_registrar.hints hint=change': 0 },
		...{ 'etcd_registrar.keepalives result=ok': 0, 'etcd_registrar.keepalives result=failed': 0 },
		'etcd_registrar.conflicts': 0,
	});
	expect(observed()).toMatchObject({
		[`etcd_registrar.registered key=${key}`]: 0,
		'etcd_registrar.last_verified': 0,
	});
	await registrar.start();
	await within(1, registrar.ready());
	etcd.delete(key);
	await within(1, registrar.reconcile());
	store.down = 'unavailable';
	await within(1, registrar.reconcile());
	const { counters } = registrar.status();
	expect(sums.get('etcd_registrar.reconciles result=ok')).toBe(counters.passes.ok);
	expect(sums.get('etcd_registrar.reconciles result=failed')).toBe(counters.passes.failed);
	expect(sums.get('etcd_registrar.repairs reason=absent')).toBe(1);
	expect(sums.get('etcd_registrar.hints hint=watch')).toBe(counters.hints.watch);
	expect(sums.get('etcd_registrar.keepalives result=ok')).toBe(counters.keepalives.ok);
	expect(sums.get('etcd_registrar.reconcile.duration')).toBe(counters.passSeconds.count);
	expect(options.get('etcd_registrar.reconcile.duration')).toMatchObject({ unit: 's' });
	expect(observed()).toEqual({
		[`etcd_registrar.registered key=${key}`]: 1,
		'etcd_registrar.last_verified': expect.closeTo(Date.now() / 1_000, -1),
		'etcd_registrar.weight service=user addr=10.0.0.5:80': 7,
	});
	store.down = null;
	await within(2, registrar.stop());
	expect(observed()).toEqual({});
	expect(lines).toEqual([]);
});

const broken = (): never => {
	throw new Error('no meter');
};
test.each<readonly [sentence: string, meter: Partial<Record<keyof Meter, unknown>>]>([
	[
		'it throws wherever it is asked',
		{ createCounter: broken, createHistogram: broken, createObservableGauge: broken },
	],
	['it makes nothing', { createCounter() {}, createHistogram() {}, createObservableGauge() {} }],
	[
		'what it makes throws',
		{
			createCounter: () => ({ add: broken }),
			createHistogram: () => ({ record: broken }),
			createObservableGauge: () => ({ addCallback: broken, removeCallback: broken }),
		},
	],
	[
		'what it makes rejects',
		{
			createCounter: () => ({ add: async () => broken() }),
			createHistogram: () => ({ record: async () => broken() }),
			createObservableGauge: () => ({
				addCallback: (callback: GaugeCallback) => callback({ observe: broken }),
				removeCallback: async () => broken(),
			}),
		},
	],
])('hostile: %s, which costs one line', async (_sentence, meter) => {
	const { logger, lines } = aLogger();
	const { registrar, etcd } = aKeeping({
		createMetering: (status) => meterOf(meter as Meter, status, logger),
	});
	await registrar.start();
	await within(1, registrar.ready());
	expect(etcd.get(KEY)).not.toBeNull();
	await within(1, registrar.stop());
	expect(JSON.stringify(lines).match(/the meter threw/g)).toHaveLength(1);
});

test('a status that cannot be had costs the line as well', () => {
	const { meter, observed } = aMeter();
	const { logger, lines } = aLogger();
	let isBroken = false;
	const status = (): Status => (isBroken ? broken() : aStatus());
	meterOf(meter, status, logger);
	isBroken = true;
	expect(observed()).toEqual({});
	expect(JSON.stringify(lines).match(/the meter threw/g)).toHaveLength(1);
});
