/**
 * One pass: observe, plan, apply. It is handed no event, it observes. What it guarantees when it resolves:
 * every key it may touch was seen as wanted under its current lease, or is rightly another process's, or is
 * refused by etcd and remembered as such. What it does not promise: that this is still so.
 */
import { chunked, PARALLEL_SMALL } from '../../core/batches.js';
import { StoreError } from '../../core/errors.js';
import type { LeaseId, Observed } from '../../core/registration.js';
import type { Wanted } from './facts.js';
import type { Memory } from './memory.js';
import { type PassParts, Rounds } from './round.js';

export interface PassOptions {
	/** Try keys again that etcd refused before. */
	readonly retryRefused: boolean;
	/**
	 * The keys of each service, which share a lease. The same object as before = nothing has changed. Left out:
	 * each key alone.
	 */
	readonly services?: Iterable<readonly string[]>;
	readonly signal?: AbortSignal;
}

/** A key that somebody keeps changing between observation and write is observed so often in one pass. */
const ROUNDS = 5;
/** Refused keys that are tried again in one pass: all of up to so many, of more at least half. */
const RETRIED = 64;

export class Pass {
	/** A key that this process wants, or wanted last: something to read. */
	anyKey: string | null = null;
	readonly #rounds: Rounds;

	constructor(private readonly parts: PassParts) {
		this.#rounds = new Rounds(parts);
	}

	get memory(): Memory {
		return this.#rounds.memory;
	}

	/** When the next observation of another holder's lease is due, in milliseconds; `null` = there is none. */
	nextInMs(): number | null {
		return this.#rounds.others.nextInMs();
	}

	/**
	 * `wanted` is asked again after each wait for etcd: a key that was withdrawn while etcd was silent must not
	 * come up once more when it answers. Rejects with a `StoreError` when etcd does not let it come to an end;
	 * what it did until then stands and is remembered.
	 */
	async run(wanted: () => Wanted, options: PassOptions): Promise<void> {
		const { leases } = this.parts;
		const asked = wanted();
		const denied = this.memory.denied();
		const services = options.services ?? [...asked.keys()].map((key) => [key]);
		leases.groups.arrange(services);
		this.#rounds.keepOnly(asked);
		this.#giveUpLeases(asked);
		const seen = new Map<string, Observed>();
		let open: Iterable<string> = this.#toObserve(asked);
		for (let round = 0; ; round += 1) {
			const again = await this.#rounds.run(wanted, [...open], seen, options);
			if (again === null) return;
			// What was refused in this round is left to the next interval.
			const next = [...again].filter((key) => !this.memory.isDenied(key));
			if (next.length === 0) break;
			if (round + 1 === ROUNDS) {
				throw new StoreError('unavailable', `keys keep changing: not settled after ${ROUNDS} observations`);
			}
			open = next;
		}
		leases.retireUnused();
		await this.#revokeFormer(seen, options.signal);
		if (options.retryRefused) {
			await this.#retryRefused(wanted, options, denied).catch((error: unknown) => {
				// The pass has done what it is for, where it had anything to do; what could not be tried is tried
				// first at the next interval.
				if (seen.size === 0 || !(error instanceof StoreError)) throw error;
			});
		}
		this.#rounds.others.keepOnly(this.memory.holders());
	}

	/**
	 * A key that is not wanted any more and may not be deleted goes with its lease, which therefore is renewed
	 * no longer: what else hangs on it moves to a fresh one.
	 */
	#giveUpLeases(asked: Wanted): void {
		for (const key of this.memory.denied()) {
			const { verified } = this.memory.of(key);
			if (verified !== null && asked.get(key) === null) this.parts.leases.denied(verified.under);
		}
	}

	/**
	 * Where nothing is wanted any more the last key is read once more as long as a lease is left: only a read
	 * finds a connection.
	 */
	#toObserve(asked: Wanted): readonly string[] {
		const [first] = asked.keys();
		this.anyKey = first ?? this.anyKey;
		if (first === undefined && this.anyKey !== null && this.parts.leases.alive.length > 0)
			return [this.anyKey];
		return [...asked.keys()].filter((key) => !this.memory.isDenied(key));
	}

	/**
	 * Only after an observation showed none of our keys on it; what cannot be observed may still hang on it.
	 */
	async #revokeFormer(seen: ReadonlyMap<string, Observed>, signal?: AbortSignal): Promise<void> {
		const { leases } = this.parts;
		const inUse = new Set([...seen.values()].map((observed) => observed?.lease));
		const unseen = new Set<LeaseId>();
		for (const [key, { verified }] of this.memory.all()) {
			if (verified !== null && this.memory.isDenied(key)) unseen.add(verified.under);
		}
		const revoking = leases.former.map(async (lease) => {
			leases.inUse(lease, inUse.has(lease));
			if (inUse.has(lease) || unseen.has(lease)) return;
			// A refusal or a lost answer costs nothing: nobody renews it, and the next pass tries again.
			await leases.revoke(lease, signal).catch(() => undefined);
		});
		await Promise.all(revoking);
	}

	/**
	 * Keys that etcd refused before this pass, each on its own, those tried longest ago first; none is begun
	 * after half an interval.
	 */
	async #retryRefused(wanted: () => Wanted, options: PassOptions, before: readonly string[]): Promise<void> {
		const { clock, leases } = this.parts;
		const denied = before.filter((key) => this.memory.isDenied(key));
		const untilMs = clock.now() + leases.intervalSeconds * 500;
		const [first, ...others] = denied.slice(0, Math.max(RETRIED, Math.ceil(denied.length / 2)));
		if (first === undefined) return;
		// The first one alone: where nothing else was read, it finds the connection. Each share is read and
		// written before the next one is begun, so that whatever is tried is tried to its end.
		for (const keys of [[first], ...chunked(others, () => 0, PARALLEL_SMALL)]) {
			if (clock.now() >= untilMs) return;
			const again = await this.#rounds.run(wanted, keys, new Map(), { ...options, apart: true });
			if (again === null) return;
		}
	}
}
