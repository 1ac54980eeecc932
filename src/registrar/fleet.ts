/** How many keys the fleet around us has, counted rarely, so that a large fleet spreads its retries and hints. */
import { countEvery } from '../core/backoff.js';
import type { Clock, Store } from './ports.js';

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
			let size = 0;
			for (const prefix of this.prefixes()) size += await this.store.count(prefix);
			this.size = size;
			this.#nextMs = this.clock.now() + countEvery(size);
		} catch {
			// Next time.
		}
	}
}
