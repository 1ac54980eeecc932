/**
 * What discovery asks of the outside. The adapter is `adapters/etcd/directory.ts`; nothing of a vendor's
 * types appears here.
 */

/** Everything below one prefix, at one revision. */
export interface Listing {
	/** Changes when etcd was replaced by another cluster. */
	readonly clusterId: string;
	/** int64 as decimal text. One that goes back means another history. */
	readonly revision: string;
	/** The raft term. One that goes back means another history. */
	readonly term: string;
	/** In the order of the keys. */
	readonly entries: readonly ListedEntry[];
}

export interface ListedEntry {
	/** What is no UTF-8 in it shows as U+FFFD. */
	readonly key: string;
	/** `null` = too large for an answer of its own. */
	readonly value: Uint8Array | null;
	/** int64 as decimal text. */
	readonly modRevision: string;
}

/** Something below a prefix may have changed, up to this revision; `null` = unknown, the watch has ended. */
export type ChangeHint = (revision: string | null) => void;

/** etcd as discovery needs it. Shared by all names that are read from one etcd. */
export interface Directory {
	/**
	 * A linearizable, consistent read of everything below the prefix. Rejects only with a `StoreError`; settles
	 * within the dial time-out for each page of about 2 MiB, or when the signal aborts.
	 */
	list(prefix: string, signal?: AbortSignal): Promise<Listing>;
	/**
	 * Calls `hint` when something below the prefix changes. Only a hint: it is deaf before the first read, and
	 * between the end of a watch and the next read. Returns a function that takes it off.
	 */
	watch(prefix: string, hint: ChangeHint): () => void;
	/** The endpoint that the last read found to answer, as configured; `null` = none. */
	endpoint(): string | null;
	/** Ends every connection and every read. Idempotent. */
	close(): void;
}
