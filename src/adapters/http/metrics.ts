import { REPAIR_REASONS } from '../../core/registration.js';
import type { KeyStatus, Status } from '../../registrar/documents.js';
import { HINTS } from '../../registrar/events.js';

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** `[labels, value]`; labels as they stand between the braces, `''` = none. */
type Sample = readonly [labels: string, value: number];

/**
 * The status in Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). Every
 * label value that can occur is there from the start, at 0: otherwise the first increase of a counter could
 * not be seen by `rate()`.
 */
export function metricsText(status: Status, nowMs: number): string {
	const { counters, keys } = status;
	const registered = keys.map((key): Sample => [label('key', key.key), key.state === 'registered' ? 1 : 0]);
	return [
		family(
			'registrar_registered',
			'gauge',
			'Whether the key stands in etcd with our value under our lease.',
			registered,
		),
		family(
			'registrar_reconcile_total',
			'counter',
			'Passes of the reconcile loop.',
			okFailed(counters.passes),
		),
		histogram('registrar_reconcile_duration_seconds', 'How long a pass took.', counters.passSeconds),
		family(
			'registrar_repairs_total',
			'counter',
			'Keys that were found wrong and put right, by what was wrong.',
			REPAIR_REASONS.map((reason) => [label('reason', reason), counters.repairs[reason]]),
		),
		family(
			'registrar_hints_total',
			'counter',
			'Hints that made a pass run early.',
			HINTS.map((hint) => [label('hint', hint), counters.hints[hint]]),
		),
		family('registrar_conflicts_total', 'counter', 'Times another process was found to hold a key of ours.', [
			['', counters.conflicts],
		]),
		family('registrar_keepalive_total', 'counter', 'Renewals of the lease.', okFailed(counters.keepalives)),
		family(
			'registrar_last_verified_timestamp_seconds',
			'gauge',
			'Unix time at which the wanted key seen longest ago was verified in etcd; 0 = one never was.',
			[['', oldestVerification(keys, nowMs)]],
		),
		family(
			'registrar_weight',
			'gauge',
			'Weight that a service tells its clients; where it follows the load, percent of the full one.',
			status.weights.map(({ service, addr, weight }) => [
				`${label('service', service)},${label('addr', addr)}`,
				weight,
			]),
		),
	].join('');
}

function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
	return head(name, type, help) + samples.map(([labels, value]) => line(name, labels, value)).join('');
}

function histogram(
	name: string,
	help: string,
	{ buckets, sum, count }: Status['counters']['passSeconds'],
): string {
	const lines = buckets.map(([le, below]) => line(`${name}_bucket`, label('le', number(le)), below));
	return `${head(name, 'histogram', help)}${lines.join('')}${line(`${name}_sum`, '', sum)}${line(`${name}_count`, '', count)}`;
}

const head = (name: string, type: string, help: string) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
const line = (name: string, labels: string, value: number) =>
	`${name}${labels === '' ? '' : `{${labels}}`} ${number(value)}\n`;
const number = (value: number) => (value === Infinity ? '+Inf' : String(value));
const okFailed = ({ ok, failed }: { readonly ok: number; readonly failed: number }): Sample[] => [
	[label('result', 'ok'), ok],
	[label('result', 'failed'), failed],
];

/** A label value may hold any character; backslash, quote and line feed are escaped. */
function label(name: string, value: string): string {
	const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
	return `${name}="${escaped}"`;
}

export function oldestVerification(keys: readonly KeyStatus[], nowMs: number): number {
	const wanted = keys.filter((key) => key.state !== 'withdrawn');
	const oldest = wanted.reduce((most, key) => Math.max(most, key.verifiedAgoMs ?? Infinity), -Infinity);
	return Number.isFinite(oldest) ? Math.max(0, nowMs - oldest) / 1000 : 0;
}
