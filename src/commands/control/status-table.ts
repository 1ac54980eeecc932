/** The status as people read it: what it is and why, then the keys. */
import type { KeyStatus, Status } from '../../registrar/documents.js';
import { cut, fitted, line, printable, widths } from '../inspect/table.js';

const COLUMNS = ['KEY', 'STATE', 'VERIFIED', 'VALUE'] as const;
/** The column that is cut where the terminal is too narrow. */
const VALUE = COLUMNS.indexOf('VALUE');

export function statusTable(status: Status, terminalColumns: number | undefined): string {
	const { state, reason, keys } = status;
	const rows = [COLUMNS, ...keys.map(cells)];
	const columns = fitted(widths(rows), VALUE, terminalColumns);
	const table = rows.map((row) =>
		line(
			row.map((cell, at) => (at === VALUE ? cut(cell, columns[at]) : cell)),
			columns,
		),
	);
	return [
		// Some reasons begin with the state.
		reason.startsWith(state) ? printable(reason) : `${state}: ${printable(reason)}`,
		'',
		...facts(status).map((fact) => line(fact, [10])),
		...(keys.length === 0 ? [] : ['', ...table]),
		'',
	].join('\n');
}

function facts({ endpoint, lastPass, lastError, leases, paused, version, intervalMs, counters }: Status) {
	const repairs = Object.values(counters.repairs).reduce((sum, count) => sum + count, 0);
	return [
		['etcd', endpoint === null ? 'does not answer' : printable(endpoint)],
		...(lastPass === null
			? []
			: [
					[
						'last pass',
						`${ago(lastPass.agoMs)}, ${lastPass.ok ? 'good' : 'failed'}, ${lastPass.durationMs} ms`,
					],
				]),
		...(lastError === null ? [] : [['error', printable(lastError)]]),
		...leases.map(({ hex, ttlSeconds, keys }) => ['lease', `${hex}, TTL ${ttlSeconds} s, keys: ${keys}`]),
		...paused.map(({ service, reason, agoMs }) => [
			'paused',
			`${printable(service)}, ${ago(agoMs)}${reason === null ? '' : `: ${printable(reason)}`}`,
		]),
		['counted', `${counters.passes.ok} good passes, ${counters.passes.failed} failed, ${repairs} repairs`],
		['registrar', `${version}, a pass each ${intervalMs / 1_000} s`],
	];
}

const cells = ({ key, state, verifiedAgoMs, value }: KeyStatus): readonly string[] => [
	printable(key),
	state,
	verifiedAgoMs === null ? '-' : ago(verifiedAgoMs),
	value === null ? '-' : printable(value),
];

/** `0.4 s ago`, `12 s ago`, `3 min ago`. */
function ago(ms: number): string {
	if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s ago`;
	return ms < 120_000 ? `${Math.round(ms / 1_000)} s ago` : `${Math.round(ms / 60_000)} min ago`;
}
