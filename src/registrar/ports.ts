/**
 * What the registrar asks of the outside. Each interface has one adapter (folder `adapters/`); the in-memory
 * store of the tests passes the same contract suite as etcd. Nothing of a vendor's types appears here.
 */
import type { LeaseId, Observed, RepairReason } from '../core/registration.js';
import type { Load } from '../core/weight.js';
import type { Hint } from './events.js';

export type { Logger } from '../core/log/logger.js';
export type { Clock } from '../core/pace.js';

/** One consistent read of some keys. */
export interface Reading {
	/**
	 * int64 as decimal text: the store's revision at the (last) read. One that goes back means another history.
	 */
	readonly revision: string;
	/** Changes when etcd was replaced by another cluster. */
	readonly clusterId: string;
	/**
	 * The raft term of the answer. Another one: etcd restarted or changed its leader, and every lease got its
	 * full TTL once more.
	 */
	readonly term: string;
	/** One entry for each key that was asked for and may be read. */
	readonly keys: ReadonlyMap<string, Observed>;
}

/**
 * A guarded change: it happens only if the key's mod revision is still the one it was decided upon ('0' =
 * absent).
 */
export type Write =
	| {
			readonly op: 'put';
			readonly key: string;
			readonly value: string;
			readonly lease: LeaseId;
			readonly ifModRevision: string;
	  }
	| { readonly op: 'delete'; readonly key: string; readonly ifModRevision: string };

/** Seconds, whole, as etcd tells them (truncated). */
export interface LeaseTimeLeft {
	readonly remainingSeconds: number;
	readonly grantedSeconds: number;
	/** The raft term of the answer (see {@link Reading.term}). */
	readonly term: string;
}

/**
 * etcd as the registrar needs it. Every method settles within the call timeout (reads: within the dial
 * timeout) or when `signal` aborts, and rejects only with a `StoreError` (core/errors.ts), whose `code` says
 * what to do about it.
 */
export interface Store {
	/**
	 * A linearizable read of at most 100 keys in one transaction (one key: a plain range). Raced over the
	 * endpoints: the connection that answers first wins, stays, and carries everything else.
	 */
	read(keys: readonly string[], signal?: AbortSignal): Promise<Reading>;
	/** At most 100 guarded changes in one transaction. `false` = a guard failed, nothing was changed. */
	write(writes: readonly Write[], signal?: AbortSignal): Promise<boolean>;
	/**
	 * Grants the lease with this ID; one that exists already counts as granted. Resolves to the TTL in seconds
	 * that etcd gave.
	 */
	grant(lease: LeaseId, ttlSeconds: number, signal?: AbortSignal): Promise<number>;
	/** Revokes the lease; one that is gone already counts as revoked. */
	revoke(lease: LeaseId, signal?: AbortSignal): Promise<void>;
	/** `null` = the lease is gone. */
	timeToLive(lease: LeaseId, signal?: AbortSignal): Promise<LeaseTimeLeft | null>;
	/** How many keys stand below the prefix (count only, no values travel). */
	count(prefix: string, signal?: AbortSignal): Promise<number>;
	/**
	 * A stream for renewing leases on the connection that the last read found to answer. Resolves when it is
	 * open, which proves nothing yet.
	 */
	openKeepalive(listener: KeepaliveListener): Promise<KeepaliveStream>;
	/**
	 * Watches keys from now on, on the connection that the last read found to answer. A group of several keys,
	 * sorted, is watched as the one range from its first key to its last (events of other keys in between reach
	 * the listener too), and key by key where etcd denies the range; a group of one is watched alone.
	 */
	openWatch(groups: readonly (readonly string[])[], listener: WatchListener): Promise<WatchStream>;
	/**
	 * The endpoint that the last read found to answer, as configured; `null` = none yet, or it failed since.
	 */
	endpoint(): string | null;
	/** Whether this stream runs on the connection that the last read found to answer. */
	isCurrent(stream: KeepaliveStream | WatchStream): boolean;
	/** Ends every connection. Idempotent. */
	close(): void;
}

export interface KeepaliveListener {
	/** etcd answered; 0 seconds = the lease is gone. */
	answered(lease: LeaseId, ttlSeconds: number): void;
	/** The stream is over; told once. */
	ended(error: Error | null): void;
}
export interface KeepaliveStream {
	request(lease: LeaseId): void;
	/** Idempotent. */
	close(): void;
}

export interface WatchListener {
	/** etcd confirmed every key that may be watched. */
	opened(): void;
	/** A key was deleted or expired, or was put with this value on this lease. */
	changed(
		key: string,
		change:
			| { readonly type: 'delete' }
			| { readonly type: 'put'; readonly value: string; readonly lease: LeaseId | null },
	): void;
	/** The stream is over; told once. */
	ended(error: Error | null): void;
}
export interface WatchStream {
	/** Idempotent. */
	close(): void;
}

/** The ticks of the loop, at a fixed interval. */
export interface Schedule {
	/**
	 * Calls `tick` first after `firstDelayMs`, then every `intervalSeconds`, whatever the wall clock does: no
	 * gap longer than the interval + 1 s, never two ticks at once, no burst after a stall. A second call
	 * replaces the first.
	 */
	start(intervalSeconds: number, firstDelayMs: number, tick: () => void): void;
	/** Idempotent. */
	stop(): void;
}

/** How busy the machine was since the call before, as far as this process may use it. */
export type LoadReader = () => Promise<Load>;

/**
 * One check of whether a service is healthy. Rejects (or is aborted by `signal`) when it is not; the message
 * is told to people.
 */
export interface HealthCheck {
	check(signal: AbortSignal): Promise<void>;
}

/** What is counted, as it happens. Nothing here throws. */
export interface Counted {
	pass(ok: boolean, seconds: number): void;
	repair(reason: RepairReason): void;
	hint(hint: Hint): void;
	conflict(): void;
	keepalive(ok: boolean): void;
}

export interface Metering extends Counted {
	/** Nothing is observed any more. */
	end(): void;
}
