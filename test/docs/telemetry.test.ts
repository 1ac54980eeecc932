/** The tables of telemetry against the code. */
import { expect, test } from 'vitest';
import { metricsText } from '../../src/adapters/http/metrics.js';
import { meterOf } from '../../src/adapters/meter.js';
import type { GaugeCallback, InstrumentOptions, Meter } from '../../src/core/meter.js';
import { EVENTS } from '../../src/registrar/events.js';
import { aLogger } from '../support/logger.js';
import { aStatus } from '../support/process/status.js';
import { bare, codes, page, rowsOf } from './markdown.js';

const library = page('docs/library.md');

test('the table of channels holds one for each event, with the fields of the table of events', () => {
	const fields = new Map(rowsOf([library], 'event').map(([name, cell]) => [bare(name), codes(cell)]));
	const rows = rowsOf([library], 'channel').map(([name, cell]) => [bare(name), codes(cell)]);
	expect(rows).toEqual(EVENTS.map((event) => [`etcd-registrar:${event}`, fields.get(event)]));
});

test('the table of instruments holds each with its kind, its attributes and its metric', () => {
	const made = new Map<string, { kind: string; attributes: Set<string> }>();
	const status = () =>
		aStatus({
			keys: [
				{
					...{ key: 'k', service: 'user', addr: 'a:1', state: 'registered', verifiedAgoMs: 1 },
					...{ value: 'v', lease: '1' },
				},
			],
			weights: [{ service: 'user', addr: 'a:1', weight: 1, why: '' }],
		});
	const make =
		(kind: string) =>
		(name: string, options: InstrumentOptions = {}) => {
			const attributes = new Set<string>();
			made.set(name, { kind: options.unit === undefined ? kind : `${kind}, ${options.unit}`, attributes });
			const note = (_value: number, given: Record<string, string> = {}) => {
				for (const attribute of Object.keys(given)) attributes.add(attribute);
			};
			const addCallback = (callback: GaugeCallback) => callback({ observe: note });
			return { add: note, record: note, addCallback, removeCallback() {} };
		};
	const meter: Meter = {
		createCounter: make('counter'),
		createHistogram: make('histogram'),
		createObservableGauge: make('gauge'),
	};
	meterOf(meter, status, aLogger().logger);
	const rows = rowsOf([library], 'instrument');
	const known = [...made].map(([name, { kind, attributes }]) => [name, kind, [...attributes]]);
	expect(
		rows.map(([name, kind, attributes]) => [bare(name), bare(kind), codes(attributes)]).toSorted(),
	).toEqual(known.toSorted());
	const metrics = [...metricsText(status(), 0).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
	expect(rows.map(([, , , metric]) => bare(metric)).toSorted()).toEqual(metrics.toSorted());
});
