/** What is counted, in the shape in which it is told. */
import { REPAIR_REASONS, type RepairReason } from '../../core/registration.js';
import type { Counters } from '../documents.js';
import { HINTS, type Hint } from '../events.js';
import type { Counted } from '../ports.js';

/** Upper bounds of the histogram of passes, in seconds. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Number.POSITIVE_INFINITY] as const;

export class Counting implements Counted {
	/** Hears of everything, too. */
	also: Counted | null = null;
	readonly #passes = { ok: 0, failed: 0 };
	readonly #repairs = zeros<RepairReason>(REPAIR_REASONS);
	readonly #hints = zeros<Hint>(HINTS);
	readonly #keepalives = { ok: 0, failed: 0 };
	readonly #buckets = BOUNDS.map(() => 0);
	#seconds = 0;
	#conflicts = 0;

	pass(ok: boolean, seconds: number): void {
		this.also?.pass(ok, seconds);
		this.#passes[ok ? 'ok' : 'failed'] += 1;
		this.#seconds += seconds;
		BOUNDS.forEach((bound, index) => {
			if (seconds <= bound) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
		});
	}

	repair(reason: RepairReason): void {
		this.also?.repair(reason);
		this.#repairs[reason] += 1;
	}

	hint(hint: Hint): void {
		this.also?.hint(hint);
		this.#hints[hint] += 1;
	}

	conflict(): void {
		this.also?.conflict();
		this.#conflicts += 1;
	}

	keepalive(ok: boolean): void {
		this.also?.keepalive(ok);
		this.#keepalives[ok ? 'ok' : 'failed'] += 1;
	}

	now(): Counters {
		return {
			passes: { ...this.#passes },
			repairs: { ...this.#repairs },
			hints: { ...this.#hints },
			conflicts: this.#conflicts,
			keepalives: { ...this.#keepalives },
			passSeconds: {
				buckets: BOUNDS.map((bound, index) => [bound, this.#buckets[index] ?? 0] as const),
				sum: this.#seconds,
				count: this.#passes.ok + this.#passes.failed,
			},
		};
	}
}

const zeros = <T extends string>(names: readonly T[]): Record<T, number> =>
	Object.fromEntries(names.map((name) => [name, 0])) as Record<T, number>;
