/** The table of the keys: bad ones on top, healthy ones folded where there are many. */
import type { KeyStatus, LeaseStatus } from '../registrar/documents.js';
import { byId, element, inside, setChildren, setText } from './dom.js';
import { drawLine } from './drawing.js';
import type { Lines } from './lines.js';
import type { Snapshot } from './snapshot.js';
import { leaseHex, MARKS, plural, STATES } from './words.js';

/** Up to so many are simply shown. */
const FEW = 8;
/** Of very many only the first are shown: the filter finds the others. */
const MOST_ROWS = 200;
const HEADS = ['Key', 'Value', 'Lease', 'Lease left', 'State'] as const;

export function showKeys({ status, atMs }: Snapshot, lines: Lines, nowMs: number): void {
	const isMany = status.keys.length > FEW;
	const text = (byId('filter') as HTMLInputElement).value.toLowerCase();
	const found = status.keys.filter(({ key }) => !isMany || key.toLowerCase().includes(text));
	const isHealthy = ({ state, value }: KeyStatus) =>
		isMany && (state === 'registered' || (state === 'withdrawn' && value === null));
	const leases = new Map(status.leases.map((lease) => [lease.id, lease]));
	const row = (key: KeyStatus) => rowOf(key, leases.get(key.lease ?? ''));
	byId('filter-row').hidden = !isMany;
	const bad = found.filter((key) => !isHealthy(key));
	const healthy = found.filter(isHealthy);
	setChildren(
		byId('keys'),
		bad.length === 0 ? [] : [table('Keys', bad.slice(0, MOST_ROWS).map(row), bad.length)],
	);
	const fold = byId('healthy') as HTMLDetailsElement;
	fold.hidden = healthy.length === 0;
	setText(inside(fold, 'summary'), foldText(healthy, status.keys.length));
	setChildren(
		byId('healthy-keys'),
		fold.open && healthy.length > 0
			? [table('Healthy keys', healthy.slice(0, MOST_ROWS).map(row), healthy.length)]
			: [],
	);

	function rowOf(key: KeyStatus, lease: LeaseStatus | undefined): HTMLElement {
		const line = lines.of(key.key, key.state);
		const last = line.at(-1)?.is;
		const isBad = key.state === 'wrong' && (last === 'missing' || last === 'wrong');
		const kind = isBad ? last : key.state === 'unverified' ? 'silent' : key.state;
		// What it was under once is no lease that keeps it now.
		const isElsewhere = key.state === 'standing-by' || key.state === 'withdrawn';
		const left = lease?.secondsLeft == null ? null : Math.max(0, lease.secondsLeft - (nowMs - atMs) / 1_000);
		const cells = [
			cell('Value', key.value ?? '', 'mono'),
			cell('Lease', key.lease === null || isElsewhere ? '' : leaseHex(key.lease), 'mono'),
			cell('Lease left', left === null || isElsewhere ? '' : left === 0 ? 'run out' : `${Math.ceil(left)} s`),
			cell(
				'',
				element('span', { class: 'chip', 'data-kind': kind }, isBad ? MARKS[last] : STATES[key.state]),
			),
		];
		const rows = [
			element('tr', { role: 'row' }, element('th', { scope: 'row', role: 'rowheader' }, key.key), ...cells),
		];
		if (status.keys.length > 1) {
			const drawn = drawLine(line, lines.repairs(key.key), nowMs - atMs, nowMs);
			rows.push(
				element('tr', { role: 'row' }, element('td', { colspan: '5', class: 'drawn', role: 'cell' }, drawn)),
			);
		}
		return element('tbody', { role: 'rowgroup' }, ...rows);
	}
}

function foldText(healthy: readonly KeyStatus[], total: number): string {
	const off = healthy.filter(({ state }) => state === 'withdrawn').length;
	const right = healthy.length - off;
	const parts = [...(right > 0 ? [`${right} right`] : []), ...(off > 0 ? [`${off} withdrawn`] : [])];
	return `${parts.join(', ')}, of ${plural(total)}`;
}

function cell(head: string, content: Node | string, name = ''): HTMLElement {
	const isEmpty = content === '';
	const attributes = {
		role: 'cell',
		...(name && { class: name }),
		...(head && !isEmpty && { 'data-head': head }),
	};
	return element('td', attributes, content);
}

function table(name: string, bodies: readonly HTMLElement[], count: number): HTMLElement {
	const heads = HEADS.map((head) => element('th', { scope: 'col', role: 'columnheader' }, head));
	const made = element(
		'table',
		{ class: 'keys', role: 'table', 'aria-label': name },
		element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...heads)),
		...bodies,
	);
	if (count <= bodies.length) return made;
	return element(
		'div',
		{},
		made,
		element('p', {}, `and ${plural(count - bodies.length, 'more key')}: use the filter`),
	);
}
