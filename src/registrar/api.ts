/** The registrar as applications use it. */
import type { ServiceOptions } from '../core/settings/options.js';
import type { Status } from './documents.js';
import type { RegistrarEvent, RegistrarEvents } from './events.js';
import type { ServiceChanges } from './parts.js';
import type { PauseOptions, ResumeOptions } from './services/pausing.js';

/**
 * Keeps the keys of this process's services true in etcd until it is stopped.
 *
 * What returns a promise never throws: it rejects. Nothing rejects because etcd is away: that is a status,
 * the event `degraded`, and the next pass. A call that is still waiting when `stop()` is called resolves.
 *
 * Not promised: exclusive ownership at every instant (etcd leases are no lock); a key that outlives an etcd
 * outage longer than its TTL; an order among several services' keys.
 */
export interface Registrar {
	/**
	 * Resolves once the loop runs, whether or not etcd is there. Idempotent until `stop()`; then it rejects
	 * with a `StoppedError`. Rejects with a `ConfigError` when no address can be found for a wildcard.
	 */
	start(): Promise<void>;

	/**
	 * Resolves once every wanted key was verified in etcd; without a service it waits for the first one. Rejects when that cannot be any more: with a
	 * `StoppedError`, with a `ConflictError` under `fail`, with the signal's reason; and with a
	 * `NotStartedError` before `start()`, which would never let it end.
	 */
	ready(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;

	/**
	 * Registers one more service. Resolves after the pass that wrote it, or that could not: then the loop goes
	 * on trying, and `status()` tells. Before `start()` it resolves at once. Rejects with a `ConfigError`, and
	 * nothing has changed; with a `StoppedError` after `stop()`.
	 */
	add(service: ServiceOptions): Promise<void>;

	/**
	 * Changes a service without a moment of absence, named by its address as configured or as found out. With
	 * other keys (another address, id, format) the new ones are written first. Resolves when the new keys stand
	 * and those they replaced are gone, or after a pass that could not bring that about: etcd away, the new key
	 * held by another process, the old one denied. Then the loop goes on by itself, and `status().keys` shows
	 * the old keys under the service and address they belonged to for as long as they may stand. Calls that are
	 * made together share their passes. Rejects as `add` does.
	 */
	update(name: string, addr: string, changes: ServiceChanges): Promise<void>;

	/** Takes the service's keys out of etcd. Resolves and rejects as `add` does. */
	remove(name: string, addr: string): Promise<void>;

	/**
	 * Withdraws the keys of all services, or of those of this name, and keeps running. Resolves when etcd has
	 * confirmed that they are gone, however long that takes: `signal` bounds the wait. The last request that
	 * concerns a service counts; a service that is added is paused as those of its name are, or as all are.
	 * Before `start()` it resolves at once, and the registrar begins paused; after `stop()` it does nothing.
	 * Rejects with a `ConfigError` when no service has this name, and nothing has changed; with the signal's
	 * reason.
	 */
	pause(options?: PauseOptions): Promise<void>;

	/**
	 * Registers again what is paused: all, or the services of this name. Resolves when etcd has confirmed it;
	 * a service whose check fails is not waited for. Else as `pause()`.
	 */
	resume(options?: ResumeOptions): Promise<void>;

	/**
	 * A pass now, whatever hints wait; resolves when it has ended, successful or not. Does nothing unless it
	 * runs.
	 */
	reconcile(): Promise<void>;

	status(): Status;

	/**
	 * Returns a function that takes the listener off again. Throws a `ConfigError` for an event that does not
	 * exist.
	 */
	on<E extends RegistrarEvent>(event: E, listener: (event: RegistrarEvents[E]) => void): () => void;

	/**
	 * Takes the keys and leases of this process out of etcd, within the stop timeout, and ends everything.
	 * Idempotent; never rejects.
	 */
	stop(): Promise<void>;

	/** As {@link stop}. */
	[Symbol.asyncDispose](): Promise<void>;
}
