import { ConfigError } from '../core/errors.js';
import type { Logger } from '../core/log/logger.js';
import { onRejection } from '../core/promises.js';

/**
 * Those who listen to events. One that throws, or whose promise rejects, costs a line of the log, never the
 * host.
 */
export class Listeners<Events extends object> {
	readonly #listeners = new Map<keyof Events, Set<{ readonly listener: (detail: never) => unknown }>>();

	constructor(
		events: readonly (keyof Events & string)[],
		private readonly logger: Logger,
	) {
		for (const event of events) this.#listeners.set(event, new Set());
	}

	/**
	 * Returns a function that takes the listener off; one that was given twice is told twice.
	 * @throws ConfigError for an event that there is not
	 */
	add<E extends keyof Events & string>(event: E, listener: (detail: Events[E]) => unknown): () => void {
		const all = this.#listeners.get(event);
		if (all === undefined)
			throw new ConfigError([
				`on: there is no event ${JSON.stringify(event)}, expected one of ${[...this.#listeners.keys()].join(', ')}`,
			]);
		if (typeof listener !== 'function')
			throw new ConfigError([`on: expected a function that listens to ${event}`]);
		const entry = { listener };
		all.add(entry);
		return () => void all.delete(entry);
	}

	tell<E extends keyof Events & string>(event: E, detail: Events[E]): void {
		const threw = (error: unknown) => this.logger.error('a listener threw', { event, error });
		for (const { listener } of [...(this.#listeners.get(event) ?? [])]) {
			try {
				// add() took it for this very event.
				onRejection(listener(detail as never), threw);
			} catch (error) {
				threw(error);
			}
		}
	}
}
