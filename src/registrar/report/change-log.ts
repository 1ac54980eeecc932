/**
 * The last changes of the keys' states, for people who ask what happened: bounded, whatever happens. Keys
 * that change alike in one pass are one change, and numbers stand for their names, as ranges. What does not
 * change costs a comparison.
 */
import { StoreError } from '../../core/errors.js';
import type { RepairReason } from '../../core/registration.js';
import type { ChangeKind, RecentChange, RecentChanges } from '../documents.js';
import type { Follower, KeyState } from '../pass/memory.js';
import type { Clock } from '../ports.js';

/** More than ten minutes of a key that is damaged every other second. */
const MOST_CHANGES = 512;
const MOST_RANGES = 4_096;
const MOST_RANGES_OF_ONE = 1_024;
const LONGEST_WHY = 300;

type Change = Omit<RecentChange, 'agoMs'> & { readonly atMs: number };
type Range = readonly [first: number, last: number];

/** One that keys are still added to. */
interface Open extends Pick<Change, 'atMs' | 'kind' | 'before' | 'why'> {
	readonly numbers: number[];
	/** Its place among the open ones. */
	readonly place: number;
}

export class ChangeLog implements Follower {
	readonly #numbers = new Map<string, number>();
	#next = 0;
	readonly #changes: Change[] = [];
	#ranges = 0;
	#lostMs: number | null = null;
	#isFailing = false;
	/** Why keys are withdrawn in this pass: it may be long, and they may be many. */
	#why: string | null = null;
	readonly #open = new Map<string, Open>();
	/** By key: the place of the open change that it was last added to. */
	readonly #places = new Map<number, number>();

	constructor(
		private readonly clock: Clock,
		/** Why keys are withdrawn now, if that is known. */
		private readonly whyWithdrawn: () => string | null = () => null,
	) {}

	changed(key: string, before: KeyState, now: KeyState): void {
		const kind = kindOf(now);
		if (kind === null || kind === kindOf(before)) return;
		this.#add(key, kind, kindOf(before), this.#whyOf(now));
	}

	/** Told beside the change to `registered`. */
	repaired(key: string, reason: RepairReason): void {
		this.#add(key, 'repaired', null, reason);
	}

	forgotten(key: string): void {
		this.#numbers.delete(key);
	}

	/** etcd was wiped, restored or replaced. */
	replaced(): void {
		this.#push('replaced', null, this.clock.now());
	}

	/** A pass failed that began then. Until one is good again only the first one counts. */
	failed(error: Error, beganMs: number): void {
		if (this.#isFailing) return;
		this.#isFailing = true;
		this.#push(isSilence(error) ? 'silent' : 'failing', error.message, beganMs);
	}

	passed(): void {
		if (!this.#isFailing) return;
		this.#isFailing = false;
		this.#push('recovered', null, this.clock.now());
	}

	/** At the end of a pass: what follows is another change. */
	close(): void {
		for (const { numbers, place: _, ...change } of this.#open.values()) {
			const keys = rangesOf(numbers);
			this.#keep({ ...change, count: numbers.length, keys: keys.slice(0, MOST_RANGES_OF_ONE) });
		}
		this.#why = null;
		this.#open.clear();
		this.#places.clear();
	}

	/** Both times are `null` where there is no such thing: a start, a pass that runs now. */
	recent(startedMs: number | null, passBeganMs: number | null = null): RecentChanges {
		this.close();
		const nowMs = this.clock.now();
		const ago = (atMs: number) => Math.round(nowMs - atMs);
		return {
			startedAgoMs: startedMs === null ? null : ago(startedMs),
			passingMs: passBeganMs === null ? null : ago(passBeganMs),
			completeAgoMs: this.#lostMs === null ? null : ago(this.#lostMs),
			keys: [...this.#numbers].map(([key, number]) => [number, key] as const),
			changes: this.#changes.map(({ atMs, ...change }) => ({ agoMs: ago(atMs), ...change })),
		};
	}

	#add(key: string, kind: ChangeKind, before: ChangeKind | null, why: string | null): void {
		const number = this.#numberOf(key);
		const name = `${kind} ${before} ${why}`;
		let open = this.#open.get(name);
		// The key has become something else meanwhile: the order of its changes would be lost.
		if (open !== undefined && open.place <= (this.#places.get(number) ?? -1)) {
			this.close();
			open = undefined;
		}
		if (open === undefined) {
			const place = this.#open.size;
			open = { atMs: this.clock.now(), kind, before, why: short(why), numbers: [], place };
			this.#open.set(name, open);
		}
		open.numbers.push(number);
		this.#places.set(number, open.place);
	}

	#numberOf(key: string): number {
		const known = this.#numbers.get(key);
		if (known !== undefined) return known;
		const number = this.#next++;
		this.#numbers.set(key, number);
		return number;
	}

	/** One that is about all keys. */
	#push(kind: ChangeKind, why: string | null, atMs: number): void {
		this.close();
		this.#keep({ atMs, kind, before: null, why: short(why), count: 0, keys: [] });
	}

	/** The oldest ones make room. */
	#keep(change: Change): void {
		this.#changes.push(change);
		this.#ranges += change.keys.length;
		while (this.#changes.length > MOST_CHANGES || this.#ranges > MOST_RANGES) {
			const lost = this.#changes.shift();
			this.#ranges -= lost?.keys.length ?? 0;
			this.#lostMs = lost?.atMs ?? null;
		}
	}

	#whyOf(state: KeyState): string | null {
		if (state.is === 'denied') return state.why;
		if (state.is !== 'withdrawn') return null;
		this.#why ??= this.whyWithdrawn();
		return this.#why;
	}
}

/** `null` = nothing is known of the key yet. */
function kindOf(state: KeyState): ChangeKind | null {
	switch (state.is) {
		case 'unseen':
			return null;
		case 'wrong':
			return state.isAbsent ? 'missing' : 'wrong';
		case 'registered':
		case 'standing-by':
		case 'denied':
		case 'withdrawn':
			return state.is;
	}
}

const SILENCE: ReadonlySet<string> = new Set(['unreachable', 'unavailable', 'timeout', 'aborted']);
const isSilence = (error: Error): boolean => error instanceof StoreError && SILENCE.has(error.code);

const short = (why: string | null): string | null => why?.slice(0, LONGEST_WHY) ?? null;

function rangesOf(numbers: readonly number[]): Range[] {
	const ranges: [number, number][] = [];
	for (const number of numbers.toSorted((a, b) => a - b)) {
		const last = ranges.at(-1);
		if (last !== undefined && number <= last[1] + 1) last[1] = number;
		else ranges.push([number, number]);
	}
	return ranges;
}
