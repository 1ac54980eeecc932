/**
 * Reads any number of keys, 100 a transaction, several at once; a refused transaction is cut
 * into smaller ones until each refused key is alone.
 */
import { BatchLimits, PARALLEL_SMALL, type Refusal, sendBatches } from '../../core/batches.js';
import type { Observed } from '../../core/registration.js';
import type { Reading, Store } from '../ports.js';

export interface Observation {
	/** `null` = nothing could be read. */
	readonly revision: string | null;
	readonly clusterId: string | null;
	readonly keys: ReadonlyMap<string, Observed>;
}

export interface ReadOptions {
	/** What the answer will weigh, as far as it is known. */
	readonly bytesOf: (key: string) => number;
	readonly refused: (key: string, why: Refusal) => void;
	/** The first answer came: there is a connection that works. */
	readonly answered: () => void;
	/** Each key in a read of its own, so that one that is refused costs the others nothing. */
	readonly apart?: boolean;
	readonly signal?: AbortSignal | undefined;
}

export class Reader {
	readonly #limits = new BatchLimits();

	constructor(private readonly store: Store) {}

	async read(keys: readonly string[], options: ReadOptions): Promise<Observation> {
		const found = new Found();
		const { signal, apart = false } = options;
		const work = {
			...options,
			...(apart && { parallel: PARALLEL_SMALL }),
			nameOf: (key: string) => key,
			send: async (batch: readonly string[]) => {
				const reading = await this.store.read(batch, signal);
				if (found.revision === null) options.answered();
				found.add(reading);
			},
		};
		if (apart) {
			await sendBatches(
				keys.map((key) => [key]),
				this.#limits,
				work,
			);
			return found;
		}
		const [first, ...rest] = this.#limits.cut(keys, work);
		// The first one finds the connection; the others travel on it together.
		if (first !== undefined) await sendBatches([first], this.#limits, work);
		await sendBatches(rest, this.#limits, work);
		return found;
	}

	keepOnly(keys: { has(key: string): boolean }): void {
		this.#limits.keepOnly(keys);
	}
}

class Found implements Observation {
	revision: string | null = null;
	clusterId: string | null = null;
	readonly keys = new Map<string, Observed>();

	add(reading: Reading): void {
		if (this.revision === null || BigInt(reading.revision) > BigInt(this.revision)) {
			this.revision = reading.revision;
		}
		this.clusterId = reading.clusterId;
		for (const [key, observed] of reading.keys) this.keys.set(key, observed);
	}
}
