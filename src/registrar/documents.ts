/** What the registrar tells when it is asked: the status (`/status`) and the recent changes (`/changes`). */
import type { LeaseId, RepairReason } from '../core/registration.js';
import type { Hint } from './events.js';

export type KeyState =
	/** wanted, never yet verified */
	| 'pending'
	/** verified in etcd within the last two intervals: its value under a lease of this process */
	| 'registered'
	/** was verified, but not within the last two intervals: etcd does not answer */
	| 'unverified'
	/** found not as wanted, and not yet mended */
	| 'wrong'
	/** another process holds it; its lease is observed */
	| 'standing-by'
	/** not wanted now, and not in etcd by us */
	| 'withdrawn'
	/** etcd refuses this key, by permission or for its size */
	| 'denied';

export interface KeyStatus {
	readonly key: string;
	readonly service: string;
	readonly addr: string;
	readonly state: KeyState;
	/** Milliseconds since it was last verified; `null` = never. */
	readonly verifiedAgoMs: number | null;
	/** What should stand there; `null` = nothing. */
	readonly value: string | null;
	/** The lease under which it was last verified, as decimal text; `null` = none. */
	readonly lease: LeaseId | null;
}

export interface LeaseStatus {
	/** Decimal text, as etcd's API has it. */
	readonly id: LeaseId;
	/** As etcdctl prints it. */
	readonly hex: string;
	readonly ttlSeconds: number;
	/** Until it runs out if no renewal is answered any more, to a tenth; 0 = it has most likely run out. */
	readonly secondsLeft: number | null;
	/** How many keys of this process hang on it as far as it knows. */
	readonly keys: number;
}

export interface PausedStatus {
	/** Its name: all services of this name are paused. */
	readonly service: string;
	/** As it was given with the request; `null` = none was. */
	readonly reason: string | null;
	/** Milliseconds since it was paused. */
	readonly agoMs: number;
}

export interface KeptStatus {
	readonly service: string;
	readonly addr: string;
	/** What its check says. */
	readonly reason: string;
	/** Other instances of the service in etcd when they were last counted. */
	readonly others: number;
	/** So many have to be left. */
	readonly needed: number;
}

export interface WeightStatus {
	readonly service: string;
	readonly addr: string;
	/** As it is told to the formats that carry one; under `auto` percent of the full weight. */
	readonly weight: number;
	/** For people: why it is this and no other. */
	readonly why: string;
}

export interface Status {
	/** Of this package. */
	readonly version: string;
	/** `ready` says whether `/readyz` answers 200; `reason` is one sentence why or why not. */
	readonly state:
		| 'idle'
		| 'starting'
		| 'registered'
		| 'degraded'
		| 'standing-by'
		| 'withdrawn'
		| 'paused'
		| 'conflict'
		| 'stopping'
		| 'stopped';
	readonly ready: boolean;
	/** A pass began within the last three intervals. */
	readonly live: boolean;
	readonly reason: string;
	readonly keys: readonly KeyStatus[];
	/** Of the services that have one. */
	readonly weights: readonly WeightStatus[];
	/** Withdrawn on request. */
	readonly paused: readonly PausedStatus[];
	/** Their check fails, and they stay in, since too few instances would be left. */
	readonly kept: readonly KeptStatus[];
	/** The first of `leases`; `null` = none yet. */
	readonly lease: LeaseStatus | null;
	/** One for up to 500 keys, and one more for each further 500. */
	readonly leases: readonly LeaseStatus[];
	/** The endpoint that answered last, as configured; `null` = none does. */
	readonly endpoint: string | null;
	/** All of them, as configured. */
	readonly endpoints: readonly string[];
	readonly intervalMs: number;
	readonly lastPass: { readonly agoMs: number; readonly durationMs: number; readonly ok: boolean } | null;
	readonly lastError: string | null;
	readonly counters: Counters;
}

export interface Counters {
	readonly passes: { readonly ok: number; readonly failed: number };
	readonly repairs: Readonly<Record<RepairReason, number>>;
	readonly hints: Readonly<Record<Hint, number>>;
	readonly conflicts: number;
	readonly keepalives: { readonly ok: number; readonly failed: number };
	/**
	 * Upper bounds in seconds and how many passes took at most so long (cumulative, as Prometheus counts); the
	 * last bound is Infinity.
	 */
	readonly passSeconds: {
		readonly buckets: readonly (readonly [le: number, count: number])[];
		readonly sum: number;
		readonly count: number;
	};
}

/** What keys became, or what happened to all of them. */
export type ChangeKind =
	/** Verified in etcd. */
	| 'registered'
	/** Found absent though it should be there. */
	| 'missing'
	/** Found with another value, or under a lease that is not one of this process. */
	| 'wrong'
	| 'standing-by'
	| 'denied'
	| 'withdrawn'
	/** Put right: `why` is the reason as in `counters.repairs`; the key is also told as `registered`. */
	| 'repaired'
	/** Passes fail since then because etcd does not answer; `why` is the first error. Of all keys. */
	| 'silent'
	/** Passes fail since then for another reason: etcd answers and refuses, say. Of all keys. */
	| 'failing'
	/** The first good pass after failed ones. Of all keys. */
	| 'recovered'
	/** etcd was wiped, restored or replaced by another one. Of all keys. */
	| 'replaced';

export interface RecentChange {
	readonly agoMs: number;
	readonly kind: ChangeKind;
	/** What these keys were before; `null` = not seen before, or the change is of no key's state. */
	readonly before: ChangeKind | null;
	readonly why: string | null;
	/** How many keys; 0 = the change is not about single keys. */
	readonly count: number;
	/**
	 * Their numbers in {@link RecentChanges.keys}, as ranges with both ends in them. Of very many only the
	 * first.
	 */
	readonly keys: readonly (readonly [first: number, last: number])[];
}

/** The last changes of a registrar, bounded however many keys there are and however long a fault lasts. */
export interface RecentChanges {
	/** Milliseconds since the start; `null` = not started. */
	readonly startedAgoMs: number | null;
	/** How long the pass that runs now has been running; `null` = none does. */
	readonly passingMs: number | null;
	/** So far back the list is complete; `null` = to the start. */
	readonly completeAgoMs: number | null;
	/** The keys that have changed since the start and are still configured. */
	readonly keys: readonly (readonly [number: number, key: string])[];
	/** Oldest first, by the order in which they were noticed. */
	readonly changes: readonly RecentChange[];
}
