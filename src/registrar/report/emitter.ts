/**
 * Typed events to which the outside can only listen. A listener that throws or rejects is logged, and the
 * loop lives. Each event is published on a channel of `node:diagnostics_channel` as well, for who has no hold
 * of the registrar; that costs nothing while nobody subscribes.
 */
import { type Channel, channel } from 'node:diagnostics_channel';
import { ConfigError } from '../../core/errors.js';
import { onRejection } from '../../core/promises.js';
import { EVENTS, type RegistrarEvent, type RegistrarEvents } from '../events.js';
import type { Logger } from '../ports.js';

export type Listener<E extends RegistrarEvent> = (event: RegistrarEvents[E]) => void;

export class Emitter {
	readonly #listeners = new Map<RegistrarEvent, Set<Listener<never>>>();
	readonly #channels: Readonly<Record<string, Channel>> = Object.fromEntries(
		EVENTS.map((event) => [event, channel(`etcd-registrar:${event}`)]),
	);

	constructor(private readonly logger: Logger) {}

	/**
	 * Returns a function that takes the listener off again. Throws a `ConfigError` for an event that does not
	 * exist: nobody would ever hear it.
	 */
	on<E extends RegistrarEvent>(event: E, listener: Listener<E>): () => void {
		if (!EVENTS.includes(event))
			throw new ConfigError([
				`on: there is no event ${JSON.stringify(event)}, expected one of ${EVENTS.join(', ')}`,
			]);
		if (typeof listener !== 'function')
			throw new ConfigError([`on: expected a function that listens to ${event}`]);
		const listeners = this.#listeners.get(event) ?? new Set();
		this.#listeners.set(event, listeners.add(listener as Listener<never>));
		return () => listeners.delete(listener as Listener<never>);
	}

	emit<E extends RegistrarEvent>(event: E, detail: RegistrarEvents[E]): void {
		const published = this.#channels[event];
		if (published?.hasSubscribers) published.publish(detail);
		for (const listener of [...(this.#listeners.get(event) ?? [])]) {
			const threw = (error: unknown) => this.logger.error('a listener threw', { event, error });
			try {
				onRejection((listener as Listener<E>)(detail), threw);
			} catch (error) {
				threw(error);
			}
		}
	}
}
