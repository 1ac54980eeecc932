/** Puts what is known into the document. */
import type { RecentChange } from '../registrar/documents.js';
import { byId, element, inside, setChildren, setText } from './dom.js';
import { drawAxis, drawLine, drawRepairs, WINDOW_MS } from './drawing.js';
import { type Happening, happeningsOf } from './happenings.js';
import { showKeys } from './keys.js';
import { type Line, Lines, within } from './lines.js';
import type { Snapshot } from './snapshot.js';
import { lostSummary, type Mood, type Summary, summaryOf } from './summary.js';
import { clock, duration, MARKS, plural, seconds } from './words.js';

const MOST_EVENTS = 30;
const MOST_OLDER = 200;

/** `lostMs`: since when the registrar does not answer; `null` = it does. */
export function show(snapshot: Snapshot | null, lostMs: number | null, nowMs: number): void {
	const lines = snapshot && new Lines(snapshot.changes);
	if (lostMs !== null) showAnswer(lostSummary(lostMs, snapshot?.atMs ?? null, nowMs), snapshot);
	else if (snapshot !== null && lines !== null)
		showAnswer(summaryOf(snapshot.status, lines, nowMs, nowMs - snapshot.atMs), snapshot);
	if (snapshot === null || lines === null) return;
	const rest = byId('rest');
	rest.hidden = false;
	rest.toggleAttribute('data-old', lostMs !== null);
	showLine(snapshot, lines, nowMs);
	showEvents(snapshot, nowMs);
	showKeys(snapshot, lines, nowMs);
	showEtcd(snapshot, nowMs);
	showCounters(snapshot);
}

const SIGNS: Readonly<Record<Mood, string>> = {
	in: '●',
	partly: '◐',
	out: '✕',
	unknown: '?',
	waiting: '…',
	off: '○',
};
const COLOURS: Readonly<Record<Mood, string>> = {
	...{ in: '#1b9a5b', partly: '#d07000', out: '#d63425' },
	...{ unknown: '#8a8993', waiting: '#6b80e8', off: '#8792a2' },
};

function showAnswer(
	{ mood, word, sentence, since, sinceMs, notes }: Summary,
	snapshot: Snapshot | null,
): void {
	byId('answer').dataset.mood = mood;
	setText(byId('word'), word);
	setText(byId('sentence'), `${sentence}${since === null ? '' : `, ${since}`}`);
	setChildren(byId('since'), sinceMs === null ? [] : [element('strong', {}, `(${seconds(sinceMs)})`)]);
	setChildren(
		byId('notes'),
		notes.map((note) => element('p', {}, note)),
	);
	const names = [...new Set(snapshot?.status.keys.map(({ service }) => service))];
	const named =
		names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
	setText(byId('services'), named);
	setText(byId('version'), snapshot?.status.version ?? '');
	const title = `${word} · ${named || 'etcd-registrar'}`;
	if (document.title !== title) document.title = title;
	const icon = inside(document.head, 'link[rel=icon]');
	const drawn = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><text x="8" y="14" font-size="16" text-anchor="middle" fill="${COLOURS[mood]}">${SIGNS[mood]}</text></svg>`;
	const href = `data:image/svg+xml,${encodeURIComponent(drawn)}`;
	if (icon.getAttribute('href') !== href) icon.setAttribute('href', href);
}

function showLine({ status, changes, atMs }: Snapshot, lines: Lines, nowMs: number): void {
	const line = lines.ofAll(status.keys);
	const repairs = changes.changes.filter(({ kind }) => kind === 'repaired');
	const agoMs = nowMs - atMs;
	setText(
		byId('line-title'),
		status.keys.length > 1
			? `The last ten minutes: the worst of ${plural(status.keys.length)}`
			: 'The last ten minutes',
	);
	setChildren(byId('line'), [
		drawRepairs(repairs, agoMs),
		drawLine(line, repairs, agoMs, nowMs),
		drawAxis(nowMs),
	]);
	setChildren(byId('legend'), legendOf(line, repairs));
}

function legendOf(line: Line, repairs: readonly RecentChange[]): HTMLElement[] {
	const found = new Set(within(line, WINDOW_MS).map(({ is }) => is));
	found.delete('none');
	for (const { why, agoMs } of repairs)
		if (agoMs < WINDOW_MS) found.add(why === 'absent' ? 'missing' : 'wrong');
	return [...found].map((is) =>
		element('li', {}, element('span', { class: 'swatch', 'data-is': is }), MARKS[is]),
	);
}

function showEvents({ status, changes, atMs }: Snapshot, nowMs: number): void {
	const all = happeningsOf(changes, status.keys);
	const line = ({ agoMs, kind, label, text }: Happening) =>
		element(
			'li',
			{},
			element('time', {}, clock(atMs - agoMs, nowMs)),
			element('span', { class: 'chip', 'data-kind': kind }, label),
			element('span', {}, text),
		);
	const isRecent = ({ agoMs }: Happening) => agoMs + nowMs - atMs < WINDOW_MS;
	const recent = all.filter(isRecent).slice(0, MOST_EVENTS);
	const older = all.slice(recent.length);
	const none = element('li', {}, element('span', {}, 'Nothing in the last ten minutes.'));
	setChildren(byId('events'), recent.length === 0 ? [none] : recent.map(line));
	const fold = byId('older') as HTMLDetailsElement;
	fold.hidden = older.length === 0;
	setText(inside(fold, 'summary'), `Before that: ${older.length}`);
	setChildren(inside(fold, 'ol'), fold.open ? older.slice(0, MOST_OLDER).map(line) : []);
}

function showEtcd({ status, atMs }: Snapshot, nowMs: number): void {
	const { lastPass, endpoint, endpoints, leases, lastError, intervalMs } = status;
	const sinceMs = nowMs - atMs;
	const row = (name: string, ...texts: readonly string[]) => [
		element('dt', {}, name),
		...texts.map((text) => element('dd', {}, text)),
	];
	const known = endpoints.length > 0 ? endpoints : endpoint === null ? [] : [endpoint];
	const pass =
		lastPass === null
			? 'none has ended yet'
			: `${lastPass.ok ? 'good' : 'failed'}, took ${duration(lastPass.durationMs)}, ${seconds(lastPass.agoMs + sinceMs)} ago`;
	const leaseLines = leases.map(
		({ hex, ttlSeconds, keys }) => `${hex}: TTL ${ttlSeconds} s, ${plural(keys)}`,
	);
	const rows = [
		...row('Endpoints', ...known.map((one) => (one === endpoint ? `${one} (in use)` : one))),
		...(endpoint === null ? row('In use', 'none answers') : []),
		...row('Last pass', pass),
		...row('Interval', duration(intervalMs)),
		...row('Last error', lastError ?? 'none'),
		...row('Leases', ...(leaseLines.length > 0 ? leaseLines : ['none'])),
	];
	setChildren(byId('etcd'), rows);
}

function showCounters({ status }: Snapshot): void {
	const { passes, repairs, hints, conflicts, keepalives } = status.counters;
	const okFailed = ({ ok, failed }: { readonly ok: number; readonly failed: number }) =>
		`${number(ok)} good, ${number(failed)} failed`;
	const each = (counts: Readonly<Record<string, number>>) =>
		Object.entries(counts)
			.filter(([, count]) => count > 0)
			.map(([name, count]) => `${name.replace('_', ' ')} ${number(count)}`)
			.join(', ') || 'none';
	const row = (name: string, text: string) =>
		element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, text));
	setChildren(inside(byId('counters'), 'tbody'), [
		row('Passes', okFailed(passes)),
		row('Repairs', each(repairs)),
		row('Conflicts', number(conflicts)),
		row('Early passes', each(hints)),
		row('Renewals', okFailed(keepalives)),
	]);
}

const number = (count: number): string => count.toLocaleString('en');
