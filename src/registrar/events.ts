/** What the registrar tells: typed events and the status document. Also the shape of `/status`. */
import type { LeaseId, RepairReason } from '../core/registration.js';

export interface RegistrarEvents {
	/** A key of ours was verified in etcd for the first time, or again after it was not wanted for a while. */
	registered: { readonly key: string; readonly lease: LeaseId };
	/** A key that had been right was found wrong and put right. */
	repaired: { readonly key: string; readonly reason: RepairReason; readonly lease: LeaseId };
	/** The check of a service fails, and it stays in, since too few of its instances would be left. */
	kept: KeptStatus;
	/** A key that we held was taken out of etcd because it is not wanted now. */
	withdrawn: { readonly key: string };
	/**
	 * Another process holds the key: told once each time we begin to stand by, and when policy `fail` ends the
	 * registrar.
	 */
	conflict: { readonly key: string; readonly lease: LeaseId; readonly fatal: boolean };
	/** The first failed pass after good ones. Not an exception: the registrar goes on trying for ever. */
	degraded: { readonly error: Error };
	/** The first good pass after failed ones. */
	recovered: { readonly downMs: number; readonly attempts: number };
	/** After this nothing more happens. `clean` = etcd confirmed that our keys and leases are gone. */
	stopped: { readonly clean: boolean };
}

export type RegistrarEvent = keyof RegistrarEvents;
const NAMES: Readonly<Record<RegistrarEvent, true>> = {
	...{ registered: true, repaired: true, kept: true, withdrawn: true, conflict: true },
	...{ degraded: true, recovered: true, stopped: true },
};
/** For callers without types. */
export const EVENTS: readonly string[] = Object.keys(NAMES);

/** What made a pass run early; the label values of `registrar_hints_total{hint}`. */
export const HINTS = ['watch', 'lease_lost', 'keepalive', 'reconnected', 'wake_up', 'change'] as const;
export type Hint = (typeof HINTS)[number];

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
