/** Foreign leases that keep us from a key, looked at each third of their own TTL until one of them is dead. */
import type { Verdict } from '../../core/decision/decide.js';
import { judge, type Look, lookEveryMs } from '../../core/decision/liveness.js';
import type { LeaseId } from '../../core/registration.js';
import type { Clock, Store } from '../ports.js';

interface Rival {
	readonly first: Look;
	readonly last: Look;
	readonly verdict: Verdict;
}

export class Rivals {
	#known = new Map<LeaseId, Rival>();

	constructor(
		private readonly store: Store,
		private readonly clock: Clock,
	) {}

	verdict(lease: LeaseId): Verdict {
		return this.#known.get(lease)?.verdict ?? 'unknown';
	}

	/** Looks at those of these leases whose turn has come, and forgets all others. */
	async look(leases: ReadonlySet<LeaseId>, signal?: AbortSignal): Promise<void> {
		for (const known of this.#known.keys()) if (!leases.has(known)) this.#known.delete(known);
		for (const lease of leases) if (this.#dueInMs(lease) <= 0) await this.#lookAt(lease, signal);
	}

	/** Milliseconds until the next look is due; `null` = nobody to look at. */
	nextLookInMs(): number | null {
		const due = [...this.#known.keys()].map((lease) => this.#dueInMs(lease));
		// Timers drop the fraction of a millisecond, and then it would not be due yet.
		return due.length === 0 ? null : Math.max(0, Math.ceil(Math.min(...due)));
	}

	forget(): void {
		this.#known.clear();
	}

	#dueInMs(lease: LeaseId): number {
		const rival = this.#known.get(lease);
		return rival === undefined
			? 0
			: rival.last.atMs + lookEveryMs(rival.last.grantedSeconds) - this.clock.now();
	}

	async #lookAt(lease: LeaseId, signal?: AbortSignal): Promise<void> {
		const askedMs = this.clock.now();
		const answer = await this.store.timeToLive(lease, signal);
		const last: Look = {
			askedMs,
			atMs: this.clock.now(),
			remainingSeconds: answer?.remainingSeconds ?? null,
			grantedSeconds: answer?.grantedSeconds ?? 0,
		};
		const first = this.#known.get(lease)?.first ?? last;
		this.#known.set(lease, { first, last, verdict: judge(first, last) });
	}
}
