/**
 * The leases of this process: one for up to 500 keys, and those not yet known to be gone. Remembers, decides
 * nothing.
 *
 * Why 500: with authentication on, etcd (3.4.44, 3.5.30, 3.6.11 and later) checks the permission of every key
 * on a lease at each put under it and at each renewal, and a revocation deletes all of them in one step.
 */
import { StoreError } from '../../core/errors.js';
import { LeaseIds } from '../../core/lease-id.js';
import { unlessAborted } from '../../core/promises.js';
import type { LeaseId } from '../../core/registration.js';
import type { Store } from '../ports.js';
import { LeaseGroups } from './lease-groups.js';

export interface Lease {
	readonly id: LeaseId;
	/** As granted, which may be more than was asked for. */
	readonly ttlSeconds: number;
}

export class Leases {
	readonly groups = new LeaseGroups();
	readonly #ids: LeaseIds;
	/** By group. */
	readonly #current = new Map<number, Lease>();
	/**
	 * By group: a grant was sent under this ID and its answer did not come. Repeated, it cannot make a second
	 * lease.
	 */
	readonly #asked = new Map<number, LeaseId>();
	/** `true` = keys that are wanted hang on it, so it is renewed until they were moved. */
	readonly #former = new Map<LeaseId, boolean>();
	readonly #ttls = new Map<LeaseId, number>();
	readonly #endsMs = new Map<LeaseId, number>();
	/** etcd refuses to renew them (3.5: one holds a key that this user may no longer write). */
	readonly #denied = new Set<LeaseId>();
	#intervalSeconds: number;
	#isOver = false;

	constructor(
		private readonly store: Store,
		/** Seconds asked for. */
		private readonly ttlSeconds: number,
		random: () => number,
		/** A lease was granted: it has to be renewed from now on. */
		private readonly granted: (lease: Lease) => void = () => {},
	) {
		this.#ids = new LeaseIds(random);
		this.#intervalSeconds = ttlSeconds;
	}

	/** The TTL that etcd granted last; before the first grant the one that was asked for. */
	get intervalSeconds(): number {
		return this.#intervalSeconds;
	}

	/** The current leases, in the order of their groups. */
	get current(): readonly Lease[] {
		return [...this.#current].sort(([a], [b]) => a - b).map(([, lease]) => lease);
	}

	/** Leases of this process that may still exist beside the current ones. */
	get former(): readonly LeaseId[] {
		return [...this.#former.keys()];
	}

	/** Every lease of this process not known to be gone, also one whose grant was not answered. */
	get alive(): readonly LeaseId[] {
		return [...this.#former.keys(), ...this.#asked.values(), ...this.current.map(({ id }) => id)];
	}

	/** Those to be renewed: the current ones, and former ones as long as keys that are wanted hang on them. */
	get renewed(): readonly Lease[] {
		const inUse = [...this.#former].filter(([id, isInUse]) => isInUse && !this.#denied.has(id));
		return [
			...this.current,
			...inUse.map(([id]) => ({ id, ttlSeconds: this.#ttls.get(id) ?? this.#intervalSeconds })),
		];
	}

	/** The current lease of the key's group. */
	of(key: string): Lease | null {
		return this.#current.get(this.groups.of(key)) ?? null;
	}

	isOurs(lease: LeaseId): boolean {
		return this.#ids.isOurs(lease);
	}

	/**
	 * From now on no lease is granted, and nothing may be put under one: what is on its way ends, and all of it
	 * goes.
	 */
	end(): void {
		this.#isOver = true;
	}

	/** @throws StoreError `aborted` after {@link end} */
	assertOpen(): void {
		if (this.#isOver) throw new StoreError('aborted', 'stopped');
	}

	/**
	 * Each of these keys has a current lease once it resolves: granted now where there was none. A grant that
	 * failed is repeated under its ID.
	 */
	async ensure(keys: Iterable<string>, signal?: AbortSignal): Promise<void> {
		this.assertOpen();
		const missing = new Set([...keys].map((key) => this.groups.of(key)));
		for (const group of this.#current.keys()) missing.delete(group);
		if (missing.size === 0) return;
		if (signal?.aborted) throw new StoreError('aborted', 'stopped');
		const grants = [...missing].map((group) => this.#grant(group));
		const all = Promise.allSettled(grants).then(() => Promise.all(grants));
		// The signal ends only the waiting: what becomes of the grants is to be known all the same.
		await unlessAborted(all, signal);
	}

	async #grant(group: number): Promise<void> {
		const askedBefore = this.#asked.get(group);
		const id = askedBefore ?? this.#ids.next();
		this.#asked.set(group, id);
		try {
			const ttlSeconds = await this.store.grant(id, this.ttlSeconds);
			// Asked for again meanwhile, that answer came first; the lease may be a former one by now.
			if (this.#asked.get(group) !== id) return;
			this.#asked.delete(group);
			const lease = { id, ttlSeconds };
			this.#current.set(group, lease);
			this.#ttls.set(id, ttlSeconds);
			this.#intervalSeconds = ttlSeconds;
			this.granted(lease);
		} catch (error) {
			// The request was never sent, or etcd refused it: there is nothing to revoke. An earlier request with
			// the same ID, which was not answered, may still have been granted.
			const maybe = error instanceof StoreError && MAYBE_GRANTED.has(error.code);
			if (this.#asked.get(group) === id && !maybe && askedBefore === undefined) this.#asked.delete(group);
			throw error;
		}
	}

	/** etcd has granted or renewed the lease: without a further renewal it lives until then. */
	extended(lease: LeaseId, endsMs: number): void {
		this.#endsMs.set(lease, endsMs);
	}

	/** When the lease runs out unless it is renewed, in monotonic milliseconds; `null` = not known. */
	endsMs(lease: LeaseId): number | null {
		return this.#endsMs.get(lease) ?? null;
	}

	/** The lease may go on existing, but nothing new goes under it. Left out: each current one. */
	retire(lease?: LeaseId): void {
		for (const [group, { id }] of this.#current) {
			if (lease !== undefined && id !== lease) continue;
			this.#current.delete(group);
			this.#former.set(id, false);
		}
	}

	/** etcd refuses to renew the lease. */
	denied(lease: LeaseId): void {
		this.#denied.add(lease);
		this.retire(lease);
	}

	/** Groups without keys need no lease any more. */
	retireUnused(): void {
		for (const [group, { id }] of this.#current) if (!this.groups.isUsed(group)) this.retire(id);
	}

	/** etcd says that the lease is gone. */
	gone(lease: LeaseId): void {
		this.#former.delete(lease);
		this.#ttls.delete(lease);
		this.#endsMs.delete(lease);
		this.#denied.delete(lease);
		for (const [group, { id }] of this.#current) if (id === lease) this.#current.delete(group);
		for (const [group, id] of this.#asked) if (id === lease) this.#asked.delete(group);
	}

	/**
	 * Whether keys that are wanted hang on a lease that is not current: one that was retired, or that came back
	 * with an outage or a restored snapshot.
	 */
	inUse(lease: LeaseId, isInUse: boolean): void {
		if (!this.current.some(({ id }) => id === lease)) this.#former.set(lease, isInUse);
	}

	async revoke(lease: LeaseId, signal?: AbortSignal): Promise<void> {
		await this.store.revoke(lease, signal);
		this.gone(lease);
	}
}

const MAYBE_GRANTED: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'aborted']);
