import { expect, test } from 'vitest';
import { metricsText } from '../../../src/adapters/http/metrics.js';
import type { KeyStatus, Status } from '../../../src/registrar/documents.js';
import { needs } from '../../support/needs.js';
import { promtool, promtoolMissing } from '../../support/process/promtool.js';
import { aStatus } from '../../support/process/status.js';

const NOW = 1_700_000_000_000;

function key(name: string, state: KeyStatus['state'], verifiedAgoMs: number | null): KeyStatus {
	return {
		key: name,
		service: 'demo',
		addr: '127.0.0.1:8080',
		state,
		verifiedAgoMs,
		value: 'v',
		lease: null,
	};
}
const counters = aStatus().counters;
const WEIGHT = { service: 'a"b\\c\nd', addr: '127.0.0.1:8080', weight: 30, why: 'the load' };

const ROWS: readonly (readonly [sentence: string, changes: Partial<Status>, lines: readonly string[]])[] = [
	[
		'every label value is there from the start, at 0',
		{},
		[
			'registrar_reconcile_total{result="ok"} 0',
			'registrar_reconcile_total{result="failed"} 0',
			'registrar_repairs_total{reason="absent"} 0',
			'registrar_repairs_total{reason="foreign_lease"} 0',
			'registrar_repairs_total{reason="no_lease"} 0',
			'registrar_repairs_total{reason="value_drift"} 0',
			'registrar_hints_total{hint="watch"} 0',
			'registrar_hints_total{hint="lease_lost"} 0',
			'registrar_hints_total{hint="keepalive"} 0',
			'registrar_hints_total{hint="reconnected"} 0',
			'registrar_hints_total{hint="wake_up"} 0',
			'registrar_hints_total{hint="change"} 0',
			'registrar_conflicts_total 0',
			'registrar_keepalive_total{result="ok"} 0',
			'registrar_keepalive_total{result="failed"} 0',
			'registrar_last_verified_timestamp_seconds 0',
		],
	],
	[
		'only a verified key of ours is registered',
		{
			keys: [
				key('/ns/a/1', 'registered', 0),
				key('/ns/a/2', 'pending', null),
				key('/ns/a/3', 'standing-by', 10),
				key('/ns/a/4', 'denied', 10),
			],
		},
		[
			'registrar_registered{key="/ns/a/1"} 1',
			'registrar_registered{key="/ns/a/2"} 0',
			'registrar_registered{key="/ns/a/3"} 0',
			'registrar_registered{key="/ns/a/4"} 0',
		],
	],
	[
		'backslash, quote and line feed in a key are escaped, the rest is not',
		{ keys: [key('/ns/a"b\\c\nd{é}/1', 'registered', 0)] },
		['registrar_registered{key="/ns/a\\"b\\\\c\\nd{é}/1"} 1'],
	],
	[
		'the weight of each service that has one, by service and address',
		{
			weights: [
				{ service: 'a"b', addr: '127.0.0.1:8080', weight: 30, why: 'the load' },
				{ service: 'c', addr: '[::1]:8080', weight: 1, why: 'as configured' },
			],
		},
		[
			'registrar_weight{service="a\\"b",addr="127.0.0.1:8080"} 30',
			'registrar_weight{service="c",addr="[::1]:8080"} 1',
		],
	],
	[
		'the key verified longest ago counts',
		{ keys: [key('/a', 'registered', 1500), key('/b', 'registered', 500)] },
		['registrar_last_verified_timestamp_seconds 1699999998.5'],
	],
	[
		'one wanted key that was never verified makes it 0',
		{ keys: [key('/a', 'registered', 1500), key('/b', 'pending', null)] },
		['registrar_last_verified_timestamp_seconds 0'],
	],
	[
		'a key that is not wanted does not count',
		{ keys: [key('/a', 'registered', 1000), key('/b', 'withdrawn', null)] },
		['registrar_last_verified_timestamp_seconds 1699999999'],
	],
	[
		'with no key wanted it is 0',
		{ keys: [key('/b', 'withdrawn', 10)] },
		['registrar_last_verified_timestamp_seconds 0'],
	],
	[
		'passes, repairs, conflicts and keepalives are the counters',
		{
			counters: {
				...counters,
				passes: { ok: 7, failed: 2 },
				repairs: { absent: 3, foreign_lease: 1, no_lease: 4, value_drift: 5 },
				conflicts: 6,
				keepalives: { ok: 20, failed: 8 },
			},
		},
		[
			'registrar_reconcile_total{result="ok"} 7',
			'registrar_reconcile_total{result="failed"} 2',
			'registrar_repairs_total{reason="foreign_lease"} 1',
			'registrar_conflicts_total 6',
			'registrar_keepalive_total{result="ok"} 20',
			'registrar_keepalive_total{result="failed"} 8',
		],
	],
	[
		'the duration is a histogram whose last bucket is +Inf',
		{
			counters: {
				...counters,
				passSeconds: {
					buckets: [
						[0.005, 1],
						[1, 3],
						[Infinity, 4],
					],
					sum: 2.5,
					count: 4,
				},
			},
		},
		[
			'registrar_reconcile_duration_seconds_bucket{le="0.005"} 1',
			'registrar_reconcile_duration_seconds_bucket{le="1"} 3',
			'registrar_reconcile_duration_seconds_bucket{le="+Inf"} 4',
			'registrar_reconcile_duration_seconds_sum 2.5',
			'registrar_reconcile_duration_seconds_count 4',
		],
	],
];

test.each(ROWS)('%s', (_sentence, changes, lines) => {
	const written = metricsText(aStatus(changes), NOW).split('\n');
	expect(written).toEqual(expect.arrayContaining([...lines]));
});

test('the whole text keeps to the format: HELP and TYPE once a name, samples behind them, a line feed at the end', () => {
	const text = metricsText(
		aStatus({
			keys: [key('/ns/a"b\\c\nd/1', 'registered', 0), key('/ns/b/1', 'pending', null)],
			weights: [WEIGHT],
		}),
		NOW,
	);
	expect(text.endsWith('\n')).toBe(true);
	const typed = new Map<string, string>();
	let current = '';
	for (const line of text.slice(0, -1).split('\n')) {
		const type = /^# TYPE (\w+) (gauge|counter|histogram)$/.exec(line);
		if (type) {
			expect(type[1]).toBe(current);
			typed.set(String(type[1]), String(type[2]));
		} else if (line.startsWith('# HELP ')) {
			current = String(/^# HELP (\w+) \S.*$/.exec(line)?.[1]);
			expect(typed.has(current)).toBe(false);
		} else {
			const name =
				/^(\w+?)(?:_bucket|_sum|_count)?(?:\{\w+="(?:[^"\\\n]|\\["\\n])*"(?:,\w+="(?:[^"\\\n]|\\["\\n])*")*\})? (?:-?[0-9.e+]+|\+Inf)$/.exec(
					line,
				)?.[1];
			expect(name, line).toBe(current);
		}
	}
	expect(typed.size).toBe(9);
});

test('however many keys there are: no list is handed over as arguments', () => {
	const keys = Array.from({ length: 200_000 }, (_, n) => key(`/ns/a/${n}`, 'registered', n % 1_000));
	expect(metricsText(aStatus({ keys }), NOW)).toContain(
		'registrar_last_verified_timestamp_seconds 1699999999.001\n',
	);
});

test('promtool finds nothing to complain about', (context) => {
	needs(context, promtoolMissing());
	const input = metricsText(
		aStatus({ keys: [key('/ns/a"b\\c\nd/1', 'registered', 0)], weights: [WEIGHT] }),
		NOW,
	);
	expect(promtool(['check', 'metrics'], input)).toEqual({ status: 0, text: '' });
	expect(promtool(['check', 'metrics'], input.replace('} 1\n', '} one\n')).status).not.toBe(0);
});
