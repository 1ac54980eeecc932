/** What is remembered of each key between passes: little, and never instead of observing it. */
import type { Refusal } from '../../core/batches.js';
import type { LeaseId } from '../../core/registration.js';

/** The last time at which our value was seen, or written, under our lease. */
export interface Verified {
	readonly value: string;
	readonly under: LeaseId;
	/** Monotonic milliseconds. */
	readonly atMs: number;
}

export type KeyState =
	/** Nothing is known of it yet. */
	| { readonly is: 'unseen' }
	/** Verified by the last pass that observed it. */
	| { readonly is: 'registered' }
	/** Found not as wanted, or not at all, by the last pass that observed it, and not yet mended. */
	| { readonly is: 'wrong'; readonly isAbsent: boolean }
	/** Another process holds it, under this lease. */
	| { readonly is: 'standing-by'; readonly lease: LeaseId }
	/** etcd refused it when it was last tried. */
	| { readonly is: 'denied'; readonly why: Refusal; readonly triedMs: number }
	/** Not wanted, and not in etcd by us. */
	| { readonly is: 'withdrawn' };

export interface KeyMemory {
	readonly state: KeyState;
	/** Whether a pass that wanted the key has had it; outlives withdrawals. */
	readonly hasOwned: boolean;
	/** Since the key was wanted; `null` = not verified since then. */
	readonly verified: Verified | null;
	/** The value that was last sent to etcd and not yet verified. */
	readonly sent: string | null;
}

const UNSEEN: KeyMemory = { state: { is: 'unseen' }, hasOwned: false, verified: null, sent: null };
const REGISTERED: KeyState = { is: 'registered' };
const WRONG: KeyState = { is: 'wrong', isAbsent: false };
const ABSENT: KeyState = { is: 'wrong', isAbsent: true };
const WITHDRAWN: KeyState = { is: 'withdrawn' };

/** Whoever follows what becomes of the keys. */
export interface Follower {
	/** Called with the state before and the state now, which may be the same. */
	changed(key: string, before: KeyState, now: KeyState): void;
	/** The key is no longer configured. */
	forgotten(key: string): void;
}

export class Memory {
	readonly #keys = new Map<string, KeyMemory>();
	readonly #denied = new Set<string>();

	constructor(private readonly follower: Follower | null = null) {}

	of(key: string): KeyMemory {
		return this.#keys.get(key) ?? UNSEEN;
	}

	all(): IterableIterator<[string, KeyMemory]> {
		return this.#keys.entries();
	}

	/** The keys that etcd refused when they were last tried, the one tried longest ago first. */
	denied(): readonly string[] {
		const triedMs = (key: string) => {
			const { state } = this.of(key);
			return state.is === 'denied' ? state.triedMs : 0;
		};
		return [...this.#denied].sort((a, b) => triedMs(a) - triedMs(b));
	}

	get deniedCount(): number {
		return this.#denied.size;
	}

	isDenied(key: string): boolean {
		return this.#denied.has(key);
	}

	/** Verified, or put without an answer: only a read tells that such a key does not stand. */
	mayStand(key: string): boolean {
		return this.isVerified(key) || this.of(key).sent !== null;
	}

	/** Seen as wanted since it was wanted, and not another's now. */
	isVerified(key: string): boolean {
		const { state, verified } = this.of(key);
		return verified !== null && state.is !== 'standing-by';
	}

	/** The leases by which other processes hold keys of this one. */
	holders(): ReadonlySet<LeaseId> {
		const leases = new Set<LeaseId>();
		for (const { state } of this.#keys.values()) if (state.is === 'standing-by') leases.add(state.lease);
		return leases;
	}

	/** Keys that are no longer configured are forgotten. */
	keepOnly(keys: { has(key: string): boolean }): void {
		for (const key of this.#keys.keys()) {
			if (keys.has(key)) continue;
			this.#keys.delete(key);
			this.#denied.delete(key);
			this.follower?.forgotten(key);
		}
	}

	registered(key: string, value: string, under: LeaseId, atMs: number): void {
		this.#set(key, { state: REGISTERED, hasOwned: true, verified: { value, under, atMs }, sent: null });
	}

	/** One that is denied stays so until it was verified. */
	wrong(key: string, isAbsent: boolean): void {
		if (this.#denied.has(key)) return;
		this.#set(key, { ...this.of(key), state: isAbsent ? ABSENT : WRONG });
	}

	sent(key: string, value: string): void {
		this.#set(key, { ...this.of(key), sent: value });
	}

	standingBy(key: string, lease: LeaseId): void {
		const { hasOwned, verified } = this.of(key);
		this.#set(key, { state: { is: 'standing-by', lease }, hasOwned, verified, sent: null });
	}

	refused(key: string, why: Refusal, triedMs: number): void {
		this.#set(key, { ...this.of(key), state: { is: 'denied', why, triedMs } });
	}

	withdrawn(key: string): void {
		this.#set(key, { state: WITHDRAWN, hasOwned: this.of(key).hasOwned, verified: null, sent: null });
	}

	#set(key: string, memory: KeyMemory): void {
		this.follower?.changed(key, this.of(key).state, memory.state);
		this.#keys.set(key, memory);
		if (memory.state.is === 'denied') this.#denied.add(key);
		else this.#denied.delete(key);
	}
}
