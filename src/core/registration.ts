/** The nouns of a registration. Pure types: what is wanted, what etcd shows, who holds a key. */

/**
 * An etcd lease ID: a signed 64-bit number as decimal text, as etcd3 gives it. Never a JavaScript number: it
 * would lose digits.
 */
export type LeaseId = string;

export const PROTOCOLS = ['grpc', 'grpcs', 'http', 'https', 'tcp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** One service instance as the formats render it: every default filled in, the address final. */
export interface Service {
	readonly name: string;
	/** `host:port` or `[v6]:port`, never a wildcard. */
	readonly addr: string;
	readonly protocol: Protocol;
	/** Left out = derived from name and address by the format. */
	readonly id?: string;
	readonly version?: string;
	/** Left out = the format's own default. */
	readonly weight?: number;
	readonly metadata: Readonly<Record<string, string>>;
}

/** One key of a service as one format writes it. */
export interface Entry {
	readonly key: string;
	readonly value: string;
	/** The prefix under which the instances of this fleet stand; counted to spread load (DESIGN "scale(n)"). */
	readonly fleetPrefix: string;
}

/** What should stand under a key: this value, or nothing (`null`: withdrawn, unhealthy, paused, removed). */
export type Desired = string | null;

/** What a linearizable read shows under a key; `null` = no such key. */
export type Observed = ObservedKey | null;

export interface ObservedKey {
	/** `null` = too large to be read: whatever it is, it is not what this process wants. */
	readonly value: string | null;
	/** `null` = the key hangs on no lease. */
	readonly lease: LeaseId | null;
	/** int64 as decimal text. */
	readonly modRevision: string;
}

export const CONFLICT_POLICIES = ['take-over', 'wait', 'fail'] as const;
export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number];

/** Why a key was put back; the label values of `registrar_repairs_total{reason}`. */
export const REPAIR_REASONS = ['absent', 'foreign_lease', 'no_lease', 'value_drift'] as const;
export type RepairReason = (typeof REPAIR_REASONS)[number];
