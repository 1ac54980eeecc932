/** The numbers of `/metrics` on an OpenTelemetry meter that the application hands in. */
import type { GaugeCallback, InstrumentOptions, Meter, ObservableGauge } from '../core/meter.js';
import { onRejection } from '../core/promises.js';
import { REPAIR_REASONS } from '../core/registration.js';
import type { Status } from '../registrar/documents.js';
import { HINTS } from '../registrar/events.js';
import type { Logger, Metering } from '../registrar/ports.js';
import { oldestVerification } from './http/metrics.js';

type Add = (value: number, attributes?: Record<string, string>) => void;

/** Every attribute value that can occur is there from the start. A meter that throws costs one line. */
export function meterOf(meter: Meter, status: () => Status, logger: Logger): Metering {
	const safely = guard(logger);
	const counter = (
		name: string,
		description: string,
		attribute = '',
		values: readonly string[] = [],
	): Add => {
		const made = safely(() => meter.createCounter(`etcd_registrar.${name}`, { description }));
		const add: Add = (value, attributes) => safely(() => made?.add(value, attributes));
		if (attribute === '') add(0);
		for (const value of values) add(0, { [attribute]: value });
		return add;
	};
	const reconciles = counter('reconciles', 'Passes of the reconcile loop.', 'result', RESULTS);
	const repairs = counter('repairs', 'Keys that were found wrong and put right.', 'reason', REPAIR_REASONS);
	const hints = counter('hints', 'Hints that made a pass run early.', 'hint', HINTS);
	const conflicts = counter('conflicts', 'Times another process was found to hold a key.');
	const keepalives = counter('keepalives', 'Renewals of the leases.', 'result', RESULTS);
	const duration = safely(() => {
		const boundaries = status().counters.passSeconds.buckets.map(([bound]) => bound);
		return meter.createHistogram('etcd_registrar.reconcile.duration', {
			description: 'How long a pass took.',
			unit: 's',
			advice: { explicitBucketBoundaries: boundaries.filter(Number.isFinite) },
		});
	});
	const end = gauges(meter, status, safely);
	const result = (ok: boolean) => ({ result: ok ? 'ok' : 'failed' });
	return {
		pass(ok, seconds) {
			reconciles(1, result(ok));
			safely(() => duration?.record(seconds));
		},
		repair: (reason) => repairs(1, { reason }),
		hint: (hint) => hints(1, { hint }),
		conflict: () => conflicts(1),
		keepalive: (ok) => keepalives(1, result(ok)),
		end,
	};
}

const RESULTS = ['ok', 'failed'] as const;

/** Returns what takes them off again. */
function gauges(meter: Meter, status: () => Status, safely: Guard): () => void {
	const taken: (readonly [ObservableGauge, GaugeCallback])[] = [];
	const gauge = (name: string, options: InstrumentOptions, observe: GaugeCallback): void => {
		const callback: GaugeCallback = (result) => void safely(() => observe(result));
		safely(() => {
			const made = meter.createObservableGauge(`etcd_registrar.${name}`, options);
			made.addCallback(callback);
			taken.push([made, callback]);
		});
	};
	gauge(
		'registered',
		{ description: 'Whether the key stands in etcd with our value under our lease.' },
		(to) => {
			for (const { key, state } of status().keys) to.observe(state === 'registered' ? 1 : 0, { key });
		},
	);
	const when = 'Unix time at which the wanted key seen longest ago was verified in etcd; 0 = one never was.';
	gauge('last_verified', { description: when, unit: 's' }, (to) =>
		to.observe(oldestVerification(status().keys, Date.now())),
	);
	gauge('weight', { description: 'Weight that a service tells its clients.' }, (to) => {
		for (const { service, addr, weight } of status().weights) to.observe(weight, { service, addr });
	});
	return () => {
		for (const [made, callback] of taken) safely(() => made.removeCallback(callback));
	};
}

/** `undefined` = it threw. */
type Guard = <T>(act: () => T) => T | undefined;

function guard(logger: Logger): Guard {
	let isTold = false;
	const threw = (error: unknown): void => {
		if (!isTold) logger.error('the meter threw: its numbers are not complete', { error });
		isTold = true;
	};
	return (act) => {
		try {
			const value = act();
			onRejection(value, threw);
			return value;
		} catch (error) {
			threw(error);
			return undefined;
		}
	};
}
