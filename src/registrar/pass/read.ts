/** Reads any number of keys: 100 a transaction, one that is refused or answered by too much halved until the culprits stand alone. */
import { chunked, halves } from '../../core/batches.js';
import { StoreError, type StoreErrorCode } from '../../core/errors.js';
import type { Observed } from '../../core/registration.js';
import type { Store } from '../ports.js';

export interface Look {
	/** `null` = nothing could be read. */
	readonly revision: string | null;
	readonly clusterId: string | null;
	readonly keys: ReadonlyMap<string, Observed>;
	readonly denied: readonly string[];
}

/** Chunks that travel together once the first was answered. */
const PARALLEL = 8;
/** Tries, in one pass, to find out which of the keys refused so far are still refused. */
const DENIED_BUDGET = 20;
/** What fewer keys may help against: one that is denied, and values of others that are together more than gRPC takes (4 MiB). */
const HALVED: ReadonlySet<StoreErrorCode> = new Set(['permission-denied', 'exhausted']);

export class Reader {
	constructor(private readonly store: Store) {}

	/** `refused`: keys that etcd denied before; they travel apart, so that they cost the others nothing. */
	async read(
		keys: readonly string[],
		refused: readonly string[],
		bytesOf: (key: string) => number,
		signal?: AbortSignal,
	): Promise<Look> {
		const found = new Found();
		const [first, ...rest] = chunked(keys, bytesOf);
		if (first !== undefined)
			await this.#readHalving(first, found, { left: Number.POSITIVE_INFINITY }, signal);
		for (let at = 0; at < rest.length; at += PARALLEL) {
			await Promise.all(
				rest
					.slice(at, at + PARALLEL)
					.map((chunk) => this.#readHalving(chunk, found, { left: Number.POSITIVE_INFINITY }, signal)),
			);
		}
		const budget = { left: DENIED_BUDGET };
		for (const chunk of chunked(refused, bytesOf)) await this.#readHalving(chunk, found, budget, signal);
		return found;
	}

	async #readHalving(
		keys: readonly string[],
		found: Found,
		budget: { left: number },
		signal?: AbortSignal,
	): Promise<void> {
		if (budget.left <= 0) return found.deny(keys);
		budget.left -= 1;
		try {
			found.add(await this.store.read(keys, signal));
		} catch (error) {
			if (!(error instanceof StoreError) || !HALVED.has(error.code)) throw error;
			if (keys.length === 1 && error.code === 'permission-denied') return found.deny(keys);
			if (keys.length === 1) throw error;
			for (const half of halves(keys)) await this.#readHalving(half, found, budget, signal);
		}
	}
}

class Found implements Look {
	revision: string | null = null;
	clusterId: string | null = null;
	readonly keys = new Map<string, Observed>();
	readonly denied: string[] = [];

	add(reading: { revision: string; clusterId: string; keys: ReadonlyMap<string, Observed> }): void {
		if (this.revision === null || BigInt(reading.revision) > BigInt(this.revision))
			this.revision = reading.revision;
		this.clusterId = reading.clusterId;
		for (const [key, observed] of reading.keys) this.keys.set(key, observed);
	}

	deny(keys: readonly string[]): void {
		this.denied.push(...keys);
	}
}
