/** What the reconciler remembers of each key between passes: little, and never instead of looking. */
import type { Tenure } from '../../core/decision/decide.js';
import type { LeaseId } from '../../core/registration.js';

export interface KeyMemory {
	/** Whether a pass that wanted the key has had it; outlives withdrawals. */
	readonly tenure: Tenure;
	/** The value last verified since the key was wanted; `null` = not verified since then. */
	readonly verifiedValue: string | null;
	/** The value that was last sent to etcd and not yet verified. */
	readonly sentValue: string | null;
	/** The lease of ours under which it was last seen. */
	readonly under: LeaseId | null;
	/** Monotonic milliseconds of the last verification. */
	readonly verifiedAtMs: number | null;
	/** The foreign lease that we stand by. */
	readonly rival: LeaseId | null;
	/** etcd refused us this key when it was last tried. */
	readonly denied: boolean;
	/** A write of it was refused under a lease with keys, so it was tried under a fresh one. */
	readonly suspected: boolean;
	/** Found wrong by the last pass that saw it, and not put right. */
	readonly wrong: boolean;
}

const UNKNOWN: KeyMemory = {
	tenure: 'claiming',
	verifiedValue: null,
	sentValue: null,
	under: null,
	verifiedAtMs: null,
	rival: null,
	denied: false,
	suspected: false,
	wrong: false,
};

type Remembered = { -readonly [K in keyof KeyMemory]: KeyMemory[K] };

export class Memory {
	readonly #keys = new Map<string, Remembered>();

	of(key: string): KeyMemory {
		return this.#keys.get(key) ?? UNKNOWN;
	}

	all(): IterableIterator<[string, KeyMemory]> {
		return this.#keys.entries();
	}

	/** Keys that nobody speaks of any more are forgotten. */
	keepOnly(keys: ReadonlyMap<string, unknown>): void {
		for (const key of this.#keys.keys()) if (!keys.has(key)) this.#keys.delete(key);
	}

	/** Our value was seen, or written, under our lease. */
	verified(key: string, value: string, under: LeaseId, atMs: number): void {
		const known = this.#keys.get(key);
		// Of thousands of keys that are as they were, nothing is made anew at each pass.
		if (known !== undefined && isSame(known, value, under)) known.verifiedAtMs = atMs;
		else this.#keys.set(key, { ...UNKNOWN, tenure: 'held', verifiedValue: value, under, verifiedAtMs: atMs });
	}

	/** Not wanted, and not in etcd by us. */
	absent(key: string): void {
		this.#keys.set(key, { ...UNKNOWN, tenure: this.of(key).tenure });
	}

	standingBy(key: string, rival: LeaseId): void {
		const { tenure, verifiedValue } = this.of(key);
		this.#keys.set(key, { ...UNKNOWN, tenure, verifiedValue, rival });
	}

	change(key: string, change: Partial<KeyMemory>): void {
		this.#keys.set(key, { ...this.of(key), ...change });
	}
}

/** Verified before, with nothing else to tell. */
function isSame(known: KeyMemory, value: string, under: LeaseId): boolean {
	if (
		known.verifiedValue !== value ||
		known.under !== under ||
		known.tenure !== 'held' ||
		known.verifiedAtMs === null
	)
		return false;
	return (
		known.sentValue === null && known.rival === null && !known.denied && !known.suspected && !known.wrong
	);
}
