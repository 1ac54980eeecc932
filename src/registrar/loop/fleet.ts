/**
 * How many keys the fleet around us has, counted rarely, so that a large fleet spreads its retries and hints.
 */
import { countEvery } from '../../core/pace.js';
import type { Clock, Store } from '../ports.js';

/**
 * Where formats have no namespace every name is a prefix of its own. Of thousands, some stand for all: the
 * scale is a logarithm.
 */
const MOST_PREFIXES = 20;

export class Fleet {
	/** 0 until the first count, and where etcd denies it (one's own number counts, if it is larger). */
	size = 0;
	#nextMs = Number.NEGATIVE_INFINITY;

	constructor(
		private readonly store: Store,
		private readonly clock: Clock,
		private readonly prefixes: () => ReadonlySet<string>,
	) {}

	/** After a good pass, when it is time. Never rejects: without an answer the former number stands. */
	async count(): Promise<void> {
		if (this.clock.now() < this.#nextMs) return;
		this.#nextMs = this.clock.now() + countEvery(this.size);
		try {
			const prefixes = [...this.prefixes()];
			const some = prefixes.slice(0, MOST_PREFIXES);
			let size = 0;
			for (const prefix of some) size += await this.store.count(prefix);
			this.size = some.length === 0 ? 0 : Math.round((size * prefixes.length) / some.length);
			this.#nextMs = this.clock.now() + countEvery(this.size);
		} catch {
			// Next time.
		}
	}
}
