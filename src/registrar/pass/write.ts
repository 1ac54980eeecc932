/** Carries out a plan's writes, chunk by chunk under one lease, and remembers what came of each. */
import { chunked, halves } from '../../core/batches.js';
import { StoreError } from '../../core/errors.js';
import type { LeaseId } from '../../core/registration.js';
import type { Clock, Store } from '../ports.js';
import type { Fact } from './facts.js';
import type { Leases } from './leases.js';
import type { Memory } from './memory.js';
import type { PlannedWrite } from './plan.js';

/** What came of a transaction; only `done` needs no second look. */
type Result = 'done' | 'refused' | 'lease gone' | 'lease denied';

export class Writer {
	/** Transactions that etcd carried out: each has moved its revision by one at least. */
	commits = 0n;

	constructor(
		private readonly store: Store,
		private readonly leases: Leases,
		private readonly memory: Memory,
		private readonly clock: Clock,
		private readonly tell: (fact: Fact) => void,
	) {}

	/** `false` = something was refused, or is not wanted any more: look again. Chunks are atomic each, not together. */
	async write(
		writes: readonly PlannedWrite[],
		isWanted: (key: string) => boolean,
		signal?: AbortSignal,
	): Promise<boolean> {
		if (writes.some(({ op }) => op === 'put')) await this.leases.ensure(signal);
		let done = true;
		// Keys that were refused before travel apart, with few tries, so that they cost the others nothing.
		const refused = writes.filter(({ key }) => this.memory.of(key).denied);
		const open = writes.filter(({ key }) => !this.memory.of(key).denied);
		for (const [group, tries] of [
			[open, Number.POSITIVE_INFINITY],
			[refused, REFUSED_TRIES],
		] as const) {
			const budget = { left: tries };
			for (const planned of chunked(group, bytesOf)) {
				// The grant or the last chunk may have taken its time.
				const chunk = planned.filter(({ op, key }) => op === 'delete' || isWanted(key));
				if (chunk.length < planned.length) done = false;
				if (chunk.length === 0) continue;
				const result = await this.#writeHalving(chunk, budget, signal);
				if (result === 'lease denied')
					for (const { key } of writes) this.memory.change(key, { suspected: true });
				if (result === 'lease gone' || result === 'lease denied') return false;
				done &&= result === 'done';
			}
		}
		return done;
	}

	async #writeHalving(
		writes: readonly PlannedWrite[],
		budget: { left: number },
		signal?: AbortSignal,
	): Promise<Result> {
		if (budget.left <= 0) return 'done';
		budget.left -= 1;
		const lease = this.leases.current?.id ?? NO_LEASE;
		if (writes.some(({ op }) => op === 'put')) {
			this.leases.assertOpen();
			// The keepalive may have heard since the last chunk that it is gone; a key put without one would stand for ever.
			if (lease === NO_LEASE) return 'lease gone';
		}
		for (const write of writes)
			if (write.op === 'put') this.memory.change(write.key, { sentValue: write.value });
		try {
			const succeeded = await this.store.write(
				writes.map((write) => ({ ...write, lease })),
				signal,
			);
			if (succeeded) this.commits += 1n;
			if (succeeded) for (const write of writes) this.#written(write, lease);
			return succeeded ? 'done' : 'refused';
		} catch (error) {
			if (!(error instanceof StoreError)) throw error;
			if (error.code === 'lease-not-found') {
				this.leases.gone(lease);
				return 'lease gone';
			}
			if (error.code !== 'permission-denied') throw error;
			const [only] = writes;
			return writes.length === 1 && only !== undefined
				? this.#denied(only, lease)
				: this.#writeHalves(writes, budget, signal);
		}
	}

	async #writeHalves(
		writes: readonly PlannedWrite[],
		budget: { left: number },
		signal?: AbortSignal,
	): Promise<Result> {
		const results: Result[] = [];
		for (const half of halves(writes)) {
			const result = await this.#writeHalving(half, budget, signal);
			if (result === 'lease gone' || result === 'lease denied') return result;
			results.push(result);
		}
		return results.includes('refused') ? 'refused' : 'done';
	}

	/**
	 * Either the key is denied or (etcd 3.5) the lease is, because it holds another key that we may no longer write. One try under a
	 * lease that holds nothing yet tells, for all keys of the pass at once.
	 */
	#denied({ key, op }: PlannedWrite, lease: LeaseId): Result {
		const { suspected, denied } = this.memory.of(key);
		const holdsKeys = [...this.memory.all()].some(([, known]) => known.under === lease);
		if (op === 'put' && holdsKeys && !suspected) {
			this.leases.retire();
			return 'lease denied';
		}
		this.memory.change(key, { denied: true });
		if (!denied) this.tell({ fact: 'denied', key });
		return 'done';
	}

	#written(write: PlannedWrite, lease: LeaseId): void {
		const { key } = write;
		if (write.op === 'delete') {
			this.memory.absent(key);
			this.tell({ fact: 'withdrawn', key });
			return;
		}
		const { verifiedValue } = this.memory.of(key);
		const { reason, value } = write;
		if (verifiedValue === null) this.tell({ fact: 'registered', key, lease });
		// A value that we changed ourselves, or a key that only moves to our new lease, was never wrong.
		else if (reason !== 'older_lease' && (reason !== 'value_drift' || verifiedValue === value))
			this.tell({ fact: 'repaired', key, reason, lease });
		this.memory.verified(key, value, lease, this.clock.now());
	}
}

/** Tries in one pass to write keys that were refused before. */
const REFUSED_TRIES = 20;
/** As etcd says it. */
const NO_LEASE = '0';

const bytesOf = (write: PlannedWrite): number =>
	utf8(write.key) * 2 + (write.op === 'put' ? utf8(write.value) : 0);
const utf8 = (text: string): number => Buffer.byteLength(text);
