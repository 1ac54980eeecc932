/** The leases of this process: one current, and those not yet known to be gone. Remembers, decides nothing. */
import { StoreError } from '../../core/errors.js';
import { LeaseIds } from '../../core/lease-id.js';
import type { LeaseId } from '../../core/registration.js';
import { unlessAborted } from '../../core/unless-aborted.js';
import type { Store } from '../ports.js';

export interface Lease {
	readonly id: LeaseId;
	/** As granted, which may be more than was asked for. */
	readonly ttlSeconds: number;
}

export class Leases {
	readonly #ids: LeaseIds;
	readonly #former = new Set<LeaseId>();
	#current: Lease | null = null;
	#intervalSeconds: number;
	/** A grant was sent under this ID and its answer did not come: repeated, it cannot make a second lease. */
	#asked: LeaseId | null = null;
	#isOver = false;

	constructor(
		private readonly store: Store,
		/** Seconds asked for. */
		private readonly ttlSeconds: number,
		random: () => number,
	) {
		this.#ids = new LeaseIds(random);
		this.#intervalSeconds = ttlSeconds;
	}

	/** The TTL that etcd granted last; before the first grant the one that was asked for. */
	get intervalSeconds(): number {
		return this.#intervalSeconds;
	}

	get current(): Lease | null {
		return this.#current;
	}

	/** Leases of ours that may still exist beside the current one. */
	get former(): readonly LeaseId[] {
		return [...this.#former];
	}

	/** Every lease of ours not known to be gone, also one whose grant was not answered. */
	get alive(): readonly LeaseId[] {
		return [
			...this.#former,
			...(this.#asked === null ? [] : [this.#asked]),
			...(this.#current === null ? [] : [this.#current.id]),
		];
	}

	isOurs(lease: LeaseId): boolean {
		return this.#ids.isOurs(lease);
	}

	/** From now on no lease is granted, and nothing may be put under one: what is on its way ends, and all of it goes. */
	end(): void {
		this.#isOver = true;
	}

	/** @throws StoreError `aborted` after {@link end} */
	assertOpen(): void {
		if (this.#isOver) throw new StoreError('aborted', 'stopped');
	}

	/** There is a current lease once it resolves: granted now if there was none. A grant that failed is repeated under its ID. */
	async ensure(signal?: AbortSignal): Promise<void> {
		this.assertOpen();
		if (this.#current !== null) return;
		if (signal?.aborted) throw new StoreError('aborted', 'stopped');
		const id = this.#asked ?? this.#ids.next();
		this.#asked = id;
		// The signal ends only the waiting: what becomes of the grant is to be known all the same.
		await unlessAborted(this.#grant(id), signal);
	}

	async #grant(id: LeaseId): Promise<void> {
		try {
			const ttlSeconds = await this.store.grant(id, this.ttlSeconds);
			// Asked for again meanwhile, that answer came first; the lease may be a former one by now.
			if (this.#asked !== id) return;
			this.#current = { id, ttlSeconds };
			this.#intervalSeconds = ttlSeconds;
			this.#asked = null;
		} catch (error) {
			// It never left us, or etcd answered and did not grant it: there is nothing to revoke.
			if (this.#asked === id && error instanceof StoreError && !MAYBE_GRANTED.has(error.code))
				this.#asked = null;
			throw error;
		}
	}

	/** The current lease may go on existing, but nothing new goes under it. */
	retire(): void {
		if (this.#current !== null) this.#former.add(this.#current.id);
		this.#current = null;
	}

	/** etcd says that the lease is gone. */
	gone(lease: LeaseId): void {
		this.#former.delete(lease);
		if (this.#current?.id === lease) this.#current = null;
		if (this.#asked === lease) this.#asked = null;
	}

	/** A key hangs on this lease of ours, which came back (an outage, a restored snapshot). */
	revived(lease: LeaseId): void {
		if (lease !== this.#current?.id) this.#former.add(lease);
	}

	async revoke(lease: LeaseId, signal?: AbortSignal): Promise<void> {
		await this.store.revoke(lease, signal);
		this.gone(lease);
	}
}

const MAYBE_GRANTED: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'aborted']);
