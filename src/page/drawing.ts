/** Time lines as elements. */
import type { RecentChange } from '../registrar/documents.js';
import { element, placed } from './dom.js';
import { type Line, within } from './lines.js';
import { spoken } from './spoken.js';
import { clock } from './words.js';

export const WINDOW_MS = 600_000;
/** Labels nearer to each other than this share of the line would lie one over the other. */
const LABEL_SHARE = 0.2;
/** From here on a label fits to the left of its moment. */
const EARLY_SHARE = 0.25;
const AXIS_STEPS = 2;

/** What is drawn was true so long ago; what came since is not known. */
export function drawLine(
	line: Line,
	repairs: readonly RecentChange[],
	agoMs: number,
	nowMs: number,
): HTMLElement {
	const shown = within(
		line.map(({ fromMs, toMs, is }) => ({ fromMs: fromMs + agoMs, toMs: toMs + agoMs, is })),
		WINDOW_MS,
	);
	const moved = recentOf(repairs, agoMs);
	const label = spoken(shown, moved, nowMs);
	return element(
		'div',
		{ class: 'line', role: 'img', 'aria-label': label === '' ? 'nothing is known yet' : label },
		...shown.map(({ fromMs, toMs, is }) => bar(fromMs, fromMs - toMs, is)),
		...moved.map((change) => bar(change.agoMs, 0, change.why === 'absent' ? 'missing' : 'wrong')),
	);
}

/** The repairs over a line, with their reasons; those too near to each other share a label. */
export function drawRepairs(repairs: readonly RecentChange[], agoMs: number): HTMLElement {
	const groups: RecentChange[][] = [];
	for (const change of recentOf(repairs, agoMs).toReversed()) {
		const group = groups.at(-1);
		const isNear = group?.[0] !== undefined && share(group[0].agoMs) - share(change.agoMs) < LABEL_SHARE;
		if (isNear) group.push(change);
		else groups.push([change]);
	}
	return element('div', { class: 'marks', 'aria-hidden': 'true' }, ...groups.map(label));
}

export function drawAxis(nowMs: number): HTMLElement {
	const times = Array.from({ length: AXIS_STEPS }, (_, step) =>
		clock(nowMs - WINDOW_MS * (1 - step / AXIS_STEPS), nowMs).slice(-8),
	);
	const labels = [...times, 'now'].map((text) => element('span', {}, text));
	return element('div', { class: 'axis', 'aria-hidden': 'true' }, ...labels);
}

function label(group: readonly RecentChange[]): HTMLElement {
	const [newest] = group;
	const reasons = [...new Set(group.map(({ why }) => (why ?? '').replace('_', ' ')))].join(', ');
	const at = share(newest?.agoMs ?? 0);
	const text = group.length === 1 ? reasons : `${reasons} ×${group.length}`;
	return placed(element('span', { class: 'mark', ...(at < EARLY_SHARE && { 'data-early': '' }) }, text), {
		left: percent(at),
	});
}

const recentOf = (repairs: readonly RecentChange[], byMs: number): RecentChange[] =>
	repairs
		.map((change) => ({ ...change, agoMs: change.agoMs + byMs }))
		.filter((change) => change.agoMs < WINDOW_MS);

const share = (agoMs: number): number => 1 - agoMs / WINDOW_MS;
const percent = (part: number): string => `${(part * 100).toFixed(2)}%`;

function bar(fromMs: number, lastsMs: number, is: string): HTMLElement {
	return placed(element('i', { 'data-is': is }), {
		left: percent(share(fromMs)),
		width: percent(lastsMs / WINDOW_MS),
	});
}
