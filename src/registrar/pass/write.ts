/**
 * Carries out a plan's writes: guarded transactions of one lease each, several at once; remembers what came
 * of each key.
 */
import { BatchLimits, PARALLEL_SMALL, type Refusal, sendBatches } from '../../core/batches.js';
import { StoreError } from '../../core/errors.js';
import type { LeaseId } from '../../core/registration.js';
import type { Clock, Store } from '../ports.js';
import type { Fact, Wanted } from './facts.js';
import type { Leases } from './leases.js';
import type { Memory } from './memory.js';
import type { PlannedWrite } from './plan.js';

export interface WriteOptions {
	/** Asked again before each transaction: what was withdrawn meanwhile is not put any more. */
	readonly wanted: () => Wanted;
	/** Each key in a transaction of its own, so that one that is refused costs the others nothing. */
	readonly apart?: boolean;
	readonly signal?: AbortSignal | undefined;
}

export class Writer {
	/** Transactions that etcd carried out: each has moved its revision by one at least. */
	commits = 0n;
	readonly #limits = new BatchLimits();

	constructor(
		private readonly store: Store,
		private readonly leases: Leases,
		private readonly memory: Memory,
		private readonly clock: Clock,
		private readonly report: (fact: Fact) => void,
	) {}

	/**
	 * Resolves to the keys that have to be observed once more: refused by their guard, without a lease, or no
	 * longer wanted so.
	 */
	async write(writes: readonly PlannedWrite[], options: WriteOptions): Promise<ReadonlySet<string>> {
		const puts = writes.filter(({ op }) => op === 'put').map(({ key }) => key);
		if (puts.length > 0) await this.leases.ensure(puts, options.signal);
		const again = new Set<string>();
		const refused: { write: PlannedWrite; why: Refusal; lease: LeaseId | null }[] = [];
		/** Leases under which something was put now: who is refused under one of them is refused by itself. */
		const good = new Set<LeaseId>();
		const work = {
			...(options.apart && { parallel: PARALLEL_SMALL }),
			nameOf: ({ key }: PlannedWrite) => key,
			bytesOf,
			send: async (batch: readonly PlannedWrite[]) => {
				const lease = await this.#send(batch, options, again);
				if (lease !== null) good.add(lease);
			},
			refused: (write: PlannedWrite, why: Refusal) =>
				void refused.push({ write, why, lease: this.#leaseFor(write) }),
		};
		const cut = options.apart
			? writes.map((write) => [write])
			: this.#byLease(writes).flatMap((same) => this.#limits.cut(same, work));
		try {
			await sendBatches(cut, this.#limits, work);
		} finally {
			for (const { write, why, lease } of refused) {
				if (why === 'permission-denied' && !options.apart && this.#isLeaseSuspected(write, lease, good)) {
					if (lease !== null) this.leases.denied(lease);
					again.add(write.key);
				} else this.#refuse(write.key, why);
			}
		}
		return again;
	}

	keepOnly(keys: { has(key: string): boolean }): void {
		this.#limits.keepOnly(keys);
	}

	/** One transaction. Resolves to the lease under which it put something, if it did. */
	async #send(
		batch: readonly PlannedWrite[],
		options: WriteOptions,
		again: Set<string>,
	): Promise<LeaseId | null> {
		const wanted = options.wanted();
		const writes = batch.filter((write) => write.op === 'delete' || wanted.get(write.key) === write.value);
		const lease = this.#leaseFor(batch[0]);
		const hasPut = writes.some(({ op }) => op === 'put');
		if (hasPut) this.leases.assertOpen();
		// The keepalive may have heard meanwhile that the lease is gone; a key put without one would stand for
		// ever.
		const isLeaseGone = hasPut && lease === null;
		const left = isLeaseGone ? batch : batch.filter((write) => !writes.includes(write));
		for (const { key } of left) again.add(key);
		if (writes.length === 0 || isLeaseGone) return null;
		for (const write of writes) if (write.op === 'put') this.memory.sent(write.key, write.value);
		try {
			const guarded = writes.map((write) => ({ ...write, lease: lease ?? NO_LEASE }));
			const succeeded = await this.store.write(guarded, options.signal);
			if (succeeded) this.commits += 1n;
			for (const write of writes) {
				if (succeeded) this.#written(write, lease ?? NO_LEASE);
				else again.add(write.key);
			}
			return succeeded && hasPut ? lease : null;
		} catch (error) {
			if (!(error instanceof StoreError) || error.code !== 'lease-not-found' || lease === null) throw error;
			this.leases.gone(lease);
			for (const { key } of writes) again.add(key);
			return null;
		}
	}

	/**
	 * A put that is refused alone: either this key is denied, or (etcd 3.5) the lease is, because it holds
	 * another key that this user may no longer write. The key is tried once more under a fresh lease where
	 * nothing else went well under this one.
	 */
	#isLeaseSuspected({ op, key }: PlannedWrite, lease: LeaseId | null, good: ReadonlySet<LeaseId>): boolean {
		if (op === 'delete' || lease === null || good.has(lease) || this.memory.isDenied(key)) return false;
		for (const [, { verified }] of this.memory.all()) if (verified?.under === lease) return true;
		return false;
	}

	#refuse(key: string, why: Refusal): void {
		const isNews = !this.memory.isDenied(key);
		this.memory.refused(key, why, this.clock.now());
		if (isNews) this.report({ fact: 'denied', key, why });
	}

	#leaseFor(write: PlannedWrite | undefined): LeaseId | null {
		return write === undefined ? null : (this.leases.of(write.key)?.id ?? null);
	}

	#byLease(writes: readonly PlannedWrite[]): PlannedWrite[][] {
		const byLease = new Map<LeaseId | null, PlannedWrite[]>();
		for (const write of writes) {
			const lease = this.#leaseFor(write);
			const same = byLease.get(lease);
			if (same === undefined) byLease.set(lease, [write]);
			else same.push(write);
		}
		return [...byLease.values()];
	}

	#written(write: PlannedWrite, lease: LeaseId): void {
		const { key } = write;
		if (write.op === 'delete') {
			this.memory.withdrawn(key);
			this.report({ fact: 'withdrawn', key });
			return;
		}
		const { verified } = this.memory.of(key);
		const { reason, value } = write;
		if (verified === null) this.report({ fact: 'registered', key, lease });
		// A value that this process changed itself, or a key that only moves to the new lease, was never wrong.
		else if (reason !== 'older_lease' && (reason !== 'value_drift' || verified.value === value)) {
			this.report({ fact: 'repaired', key, reason, lease });
		}
		this.memory.registered(key, value, lease, this.clock.now());
	}
}

/** As etcd says it. */
const NO_LEASE = '0';

const bytesOf = (write: PlannedWrite): number =>
	utf8(write.key) * 2 + (write.op === 'put' ? utf8(write.value) : 0);
const utf8 = (text: string): number => Buffer.byteLength(text);
