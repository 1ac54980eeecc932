/** From the recent changes to the time line of a key, and to one line for all keys. Pure; times are ages. */
import type { ChangeKind, KeyState, RecentChange, RecentChanges } from '../registrar/documents.js';
import { holds, lastAtMost } from './ranges.js';

export type Mark =
	| Exclude<ChangeKind, 'repaired' | 'recovered' | 'replaced'>
	/** Wanted and never yet verified. */
	| 'pending'
	/** The registrar did not run, or the changes of that time are not kept. */
	| 'none';

/** From older to newer: `fromMs` ago until `toMs` ago. */
export interface Segment {
	readonly fromMs: number;
	readonly toMs: number;
	readonly is: Mark;
}
export type Line = readonly Segment[];

/** The worst first: what a line for several keys shows where they differ. */
const WORST: readonly Mark[] = [
	...(['missing', 'wrong', 'denied', 'standing-by', 'silent', 'failing'] as const),
	...(['pending', 'registered', 'withdrawn', 'none'] as const),
];
/** A pass that runs for longer waits for an etcd that does not answer. */
const SLOW_MS = 2_000;
const OF_ALL: ReadonlySet<ChangeKind> = new Set(['repaired', 'silent', 'failing', 'recovered', 'replaced']);

export class Lines {
	readonly #numbers: ReadonlyMap<string, number>;
	/** Keys between two neighbouring ones of these numbers have the same changes. */
	readonly #bounds: readonly number[];
	readonly #outages: Line;
	readonly #kept = new Map<string, Line>();
	/** What is known begins so long ago. */
	readonly #knownMs: number;

	constructor(private readonly recent: RecentChanges) {
		this.#numbers = new Map(recent.keys.map(([number, key]) => [key, number]));
		const bounds = recent.changes.flatMap(({ keys }) => keys.flatMap(([first, last]) => [first, last + 1]));
		this.#bounds = [...new Set(bounds)].sort((a, b) => a - b);
		this.#outages = outagesOf(recent);
		this.#knownMs = Math.min(recent.startedAgoMs ?? 0, recent.completeAgoMs ?? Infinity);
	}

	/** How long ago what is known begins, and whether the registrar began then. */
	get known(): { readonly agoMs: number; readonly isStart: boolean } {
		return { agoMs: this.#knownMs, isStart: this.#knownMs === (this.recent.startedAgoMs ?? 0) };
	}

	/** Why passes fail at the moment; `null` = they do not. */
	get outage(): Mark | null {
		const last = this.#outages.at(-1);
		return last?.toMs === 0 ? last.is : null;
	}

	/** The line of a key that is in this state now, as far back as it is known. */
	of(key: string, state: KeyState): Line {
		const number = this.#numbers.get(key);
		const group = number === undefined ? -1 : lastAtMost(this.#bounds, number);
		const name = `${group} ${state}`;
		const line = this.#kept.get(name) ?? this.#draw(number, state);
		this.#kept.set(name, line);
		return line;
	}

	/** The worst of all these keys at each time. */
	ofAll(keys: readonly { readonly key: string; readonly state: KeyState }[]): Line {
		return worst([...new Set(keys.map(({ key, state }) => this.of(key, state)))]);
	}

	/** When the key was put right, oldest first. */
	repairs(key: string): readonly RecentChange[] {
		const number = this.#numbers.get(key);
		return this.recent.changes.filter((change) => change.kind === 'repaired' && concerns(change, number));
	}

	#draw(number: number | undefined, state: KeyState): Line {
		const own = this.recent.changes.filter((change) => !OF_ALL.has(change.kind) && concerns(change, number));
		const [first] = own;
		const before = first === undefined ? markOf(state) : (first.before ?? 'none');
		const steps = [
			{ agoMs: this.#knownMs, kind: before },
			...own.map(({ agoMs, kind }) => ({ agoMs: Math.min(agoMs, this.#knownMs), kind })),
		];
		const line = steps.map(({ agoMs, kind }, index) => ({
			fromMs: agoMs,
			toMs: steps[index + 1]?.agoMs ?? 0,
			is: kind as Mark,
		}));
		return joined(this.#outages.reduce<Line>(overlay, line));
	}
}

/** The part of a line that is at most so old. */
export const within = (line: Line, windowMs: number): Line =>
	line
		.filter(({ toMs }) => toMs < windowMs)
		.map((segment) => ({ ...segment, fromMs: Math.min(segment.fromMs, windowMs) }));

/** The newest part of the line whose marks are all alike in this respect: how long ago it began. */
export function sinceMs(line: Line, isAlike: (mark: Mark) => boolean): number {
	const other = line.findLastIndex(({ is }) => !isAlike(is));
	return line[other + 1]?.fromMs ?? 0;
}

const concerns = ({ keys }: RecentChange, number: number | undefined): boolean =>
	number !== undefined && holds(keys, number);

function markOf(state: KeyState): Mark {
	return state === 'unverified' ? 'registered' : state;
}

/** The times in which no pass came to an end. */
function outagesOf({ changes, passingMs }: RecentChanges): Line {
	const outages: Segment[] = [];
	for (const { kind, agoMs } of changes) {
		const last = outages.at(-1);
		if (kind === 'silent' || kind === 'failing') outages.push({ fromMs: agoMs, toMs: 0, is: kind });
		else if (kind === 'recovered' && last?.toMs === 0)
			outages.splice(-1, 1, { ...last, toMs: Math.max(agoMs, Number.MIN_VALUE) });
		// The outage began before what is kept.
		else if (kind === 'recovered' && last === undefined)
			outages.push({ fromMs: Infinity, toMs: agoMs, is: 'silent' });
	}
	// Its failure will be told from its beginning; until then it is seen that it waits.
	if (passingMs !== null && passingMs > SLOW_MS && outages.at(-1)?.toMs !== 0)
		outages.push({ fromMs: passingMs, toMs: 0, is: 'silent' });
	return outages;
}

/** While etcd is silent nothing is known; while it answers and refuses, what was found wrong stays known. */
function overlay(line: Line, outage: Segment): Line {
	return line.flatMap((segment) => {
		const fromMs = Math.min(segment.fromMs, outage.fromMs);
		const toMs = Math.max(segment.toMs, outage.toMs);
		const hides = outage.is === 'silent' || segment.is === 'registered' || segment.is === 'pending';
		if (fromMs <= toMs || !hides || segment.is === 'none') return [segment];
		return [
			{ ...segment, toMs: fromMs },
			{ fromMs, toMs, is: outage.is },
			{ ...segment, fromMs: toMs },
		].filter((part) => part.fromMs > part.toMs);
	});
}

function worst(lines: readonly Line[]): Line {
	const [only, ...others] = lines;
	if (only === undefined || others.length === 0) return only ?? [];
	const ends = new Set(lines.flatMap((line) => line.flatMap(({ fromMs, toMs }) => [fromMs, toMs])));
	const times = [...ends].sort((a, b) => b - a);
	const places = lines.map(() => 0);
	const marks = (fromMs: number) =>
		lines.map((line, index) => {
			let place = places[index] ?? 0;
			while ((line[place]?.toMs ?? -1) >= fromMs) place += 1;
			places[index] = place;
			return line[place]?.is ?? 'none';
		});
	const segments = times.slice(0, -1).map((fromMs, index) => {
		const found = new Set(marks(fromMs));
		return { fromMs, toMs: times[index + 1] ?? 0, is: WORST.find((mark) => found.has(mark)) ?? 'none' };
	});
	return joined(segments);
}

/** Neighbours that are alike become one; what lasted no time at all is left out. */
function joined(line: Line): Line {
	const segments: Segment[] = [];
	for (const segment of line) {
		if (segment.fromMs <= segment.toMs) continue;
		const last = segments.at(-1);
		if (last?.is === segment.is && last.toMs === segment.fromMs)
			segments.splice(-1, 1, { ...last, toMs: segment.toMs });
		else segments.push(segment);
	}
	return segments;
}
