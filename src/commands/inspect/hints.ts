import { setTimeout as delay } from 'node:timers/promises';
import type { WatchStream } from '../../registrar/ports.js';
import type { Inspection } from './inspection.js';

/** A watch that is opened anew when it has ended; whatever becomes of it, the poll goes on. */
export class Hints {
	#stream: WatchStream | null = null;
	#opening = false;
	#due = false;
	#wake: () => void = () => {};

	constructor(private readonly inspection: Pick<Inspection, 'catalog' | 'prefixes'>) {}

	/** On the connection that has just answered, where there is none yet. */
	listen(): void {
		if (this.#stream !== null || this.#opening) return;
		this.#opening = true;
		const hint = (ended: boolean) => {
			if (ended) this.#stream = null;
			this.#due = true;
			this.#wake();
		};
		this.inspection.catalog.watch(this.inspection.prefixes, hint).then(
			(stream) => {
				this.#stream = stream;
				this.#opening = false;
			},
			() => {
				this.#opening = false;
			},
		);
	}

	/** Resolves after so long, or at a hint; at once at one that came meanwhile. */
	async next(limitMs: number): Promise<void> {
		if (!this.#due) {
			const over = new AbortController();
			const hinted = new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
			await Promise.race([hinted, delay(limitMs, undefined, { signal: over.signal }).catch(() => {})]);
			over.abort();
		}
		this.#due = false;
	}
}
