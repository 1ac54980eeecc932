import type { Logger } from '../core/log/logger.js';
import { onRejection } from '../core/promises.js';

/**
 * Those who listen to one event. One that throws, or whose promise rejects, costs a line of the log, never
 * the host.
 */
export class Listeners<T> {
	readonly #listeners = new Set<{ readonly listener: (detail: T) => unknown }>();

	constructor(
		private readonly event: string,
		private readonly logger: Logger,
	) {}

	/** Returns a function that takes the listener off; one that was given twice is told twice. */
	add(listener: (detail: T) => unknown): () => void {
		const entry = { listener };
		this.#listeners.add(entry);
		return () => void this.#listeners.delete(entry);
	}

	tell(detail: T): void {
		const threw = (error: unknown) => this.logger.error('a listener threw', { event: this.event, error });
		for (const { listener } of [...this.#listeners]) {
			try {
				onRejection(listener(detail), threw);
			} catch (error) {
				threw(error);
			}
		}
	}
}
