/**
 * Leases of other processes that keep this one from a key: observed each third of their own TTL until one of
 * them has expired.
 */
import { inParallel, PARALLEL_SMALL } from '../../core/batches.js';
import type { Liveness } from '../../core/decision/decide.js';
import { firstOf, type LeaseObservation, livenessOf, observeEveryMs } from '../../core/decision/liveness.js';
import type { LeaseId } from '../../core/registration.js';
import type { Clock, Store } from '../ports.js';

interface Holder {
	readonly first: LeaseObservation;
	readonly last: LeaseObservation;
	readonly liveness: Liveness;
}

/**
 * Observed in one pass at most, those due first: whoever holds thousands of keys must not make a pass
 * endless.
 */
const MOST_AT_ONCE = 256;
/** Leases due within so long of each other are observed together. */
const TOGETHER_MS = 250;

export class OtherHolders {
	readonly #known = new Map<LeaseId, Holder>();

	constructor(
		private readonly store: Store,
		private readonly clock: Clock,
	) {}

	liveness(lease: LeaseId): Liveness {
		return this.#known.get(lease)?.liveness ?? 'unknown';
	}

	/** Observes those of these leases that are due. `true` = it learnt something. */
	async observe(leases: Iterable<LeaseId>, signal?: AbortSignal): Promise<boolean> {
		const due = [...leases]
			.map((lease) => ({ lease, inMs: this.#dueInMs(lease) }))
			.filter(({ inMs }) => inMs <= TOGETHER_MS)
			.sort((a, b) => a.inMs - b.inMs)
			.slice(0, MOST_AT_ONCE);
		if (!due.some(({ inMs }) => inMs <= 0)) return false;
		await inParallel(
			due.map(({ lease }) => lease),
			async (lease) => {
				await this.#observe(lease, signal);
				return [];
			},
			PARALLEL_SMALL,
		);
		return true;
	}

	/** Milliseconds until the next observation is due; `null` = there is nobody to observe. */
	nextInMs(): number | null {
		if (this.#known.size === 0) return null;
		let next = Number.POSITIVE_INFINITY;
		for (const lease of this.#known.keys()) next = Math.min(next, this.#dueInMs(lease));
		// Timers drop the fraction of a millisecond, and then it would not be due yet. Those that had to wait get
		// a pass of their own.
		return Math.max(TOGETHER_MS, Math.ceil(next));
	}

	keepOnly(leases: ReadonlySet<LeaseId>): void {
		for (const lease of this.#known.keys()) if (!leases.has(lease)) this.#known.delete(lease);
	}

	forget(): void {
		this.#known.clear();
	}

	#dueInMs(lease: LeaseId): number {
		const last = this.#known.get(lease)?.last;
		return last === undefined ? 0 : last.atMs + observeEveryMs(last.grantedSeconds) - this.clock.now();
	}

	async #observe(lease: LeaseId, signal?: AbortSignal): Promise<void> {
		const askedMs = this.clock.now();
		const answer = await this.store.timeToLive(lease, signal);
		const last: LeaseObservation = {
			askedMs,
			atMs: this.clock.now(),
			remainingSeconds: answer?.remainingSeconds ?? null,
			grantedSeconds: answer?.grantedSeconds ?? 0,
			term: answer?.term ?? '',
		};
		const first = firstOf(this.#known.get(lease)?.first, last);
		this.#known.set(lease, { first, last, liveness: livenessOf(first, last) });
	}
}
