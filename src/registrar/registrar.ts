/**
 * Keeps the keys of this process's services true in etcd until it is stopped.
 *
 * Not promised: exclusive ownership at every instant (etcd leases are no lock); a key that outlives an etcd outage longer than its TTL; an
 * order among several services' keys.
 */
import { ConfigError, StoppedError } from '../core/errors.js';
import type { ServiceOptions } from '../core/settings/from-options.js';
import { withDeadline } from './deadline.js';
import type { RegistrarEvent, Status } from './events.js';
import { Engine } from './loop/engine.js';
import type { RegistrarParts, ServiceChanges } from './parts.js';
import type { Wanted } from './pass/facts.js';
import { Emitter, type Listener } from './report/emitter.js';
import { type Readiness, Waiting } from './report/readiness.js';
import { Roster } from './services/roster.js';
import { type Phase, statusOf } from './status.js';

export class Registrar {
	readonly #parts: RegistrarParts;
	readonly #roster: Roster;
	readonly #emitter: Emitter;
	readonly #engine: Engine;
	readonly #waiting = new Waiting(() => this.#readiness());
	#phase: Phase = 'idle';
	/** Asked for before the start: nothing is registered until `resume()`. */
	#beginsPaused = false;
	#startedMs: number | null = null;
	#stopping: Promise<void> | null = null;

	constructor(parts: RegistrarParts) {
		this.#parts = parts;
		this.#roster = new Roster(parts, () => void this.#changed());
		this.#emitter = new Emitter(parts.logger);
		this.#engine = new Engine(
			parts,
			{
				prepare: () => this.#roster.prepare(),
				wanted: () => this.#wanted(),
				groups: () => this.#roster.services.groups(),
				fleetPrefixes: () => this.#roster.services.fleetPrefixes(),
				passed: () => this.#passed(),
			},
			this.#emitter,
		);
	}

	/** The loop runs when this resolves; whether or not etcd is there. Idempotent. Rejects with a `ConfigError` when no address can be found for a wildcard. */
	async start(): Promise<void> {
		if (this.#phase !== 'idle') return;
		this.#phase = this.#beginsPaused ? 'paused' : 'running';
		this.#startedMs = this.#parts.clock.now();
		try {
			await this.findAddresses();
		} catch (error) {
			if (this.#isAlive()) this.#phase = 'idle';
			throw error;
		}
		if (!this.#isAlive()) return;
		this.#roster.start();
		this.#engine.start();
	}

	/** What `start()` does first: finds out what wildcards stand for. Rejects with a `ConfigError` when they cannot stand for anything. */
	async findAddresses(): Promise<void> {
		await withDeadline(this.#parts.callTimeoutMs, () => this.#roster.findAddresses()).catch(
			(error: unknown) => {
				// Without an answer from the name server, say, the passes go on trying.
				if (error instanceof ConfigError) throw error;
			},
		);
	}

	/** Resolves once every wanted key was verified in etcd. Rejects when that cannot be any more: stopped, a conflict under `fail`, `signal` aborted. */
	ready({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
		return this.#waiting.until(signal);
	}

	/** Throws a `ConfigError` at once; resolves after the pass that wrote it, well or not. */
	add(service: ServiceOptions): Promise<void> {
		this.#roster.add(service);
		return this.#changed();
	}

	/** Changes what is told of a service without a moment of absence; with another address the new key is written before the old one goes. */
	update(name: string, addr: string, changes: ServiceChanges): Promise<void> {
		this.#roster.update(name, addr, changes);
		return this.#changed();
	}

	/** Takes the service's keys out of etcd. */
	remove(name: string, addr: string): Promise<void> {
		this.#roster.remove(name, addr);
		return this.#changed();
	}

	/** Withdraws every key and goes on running. */
	pause(): Promise<void> {
		return this.#setPaused(true);
	}

	resume(): Promise<void> {
		return this.#setPaused(false);
	}

	/** A pass now, whatever hints wait; resolves when it has ended, well or not. */
	reconcile(): Promise<void> {
		return this.#isAlive() ? this.#engine.now() : Promise.resolve();
	}

	status(): Status {
		const engine = this.#engine;
		return statusOf({
			phase: engine.conflict !== null && this.#isAlive() ? 'conflict' : this.#phase,
			wanted: this.#wanted(),
			memory: engine.pass.memory,
			owner: this.#roster.services.owners(),
			weights: this.#roster.services.weights(),
			withdrawnBecause: this.#roster.checks.whyNot(),
			leases: engine.leases.current,
			endpoint: this.#parts.store.endpoint(),
			version: this.#parts.version ?? '',
			intervalMs: engine.intervalSeconds * 1_000,
			lastPass: engine.lastPass,
			passBeganMs: engine.passBeganMs,
			startedMs: this.#startedMs,
			lastError: engine.lastError,
			counters: engine.counting.now(),
			nowMs: this.#parts.clock.now(),
		});
	}

	/** Returns a function that takes the listener off again. */
	on<E extends RegistrarEvent>(event: E, listener: Listener<E>): () => void {
		return this.#emitter.on(event, listener);
	}

	/** Takes our keys and leases out of etcd, within the stop timeout, and ends everything. Idempotent; never rejects. */
	stop(): Promise<void> {
		this.#stopping ??= this.#stop();
		return this.#stopping;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.stop();
	}

	async #stop(): Promise<void> {
		this.#phase = 'stopping';
		this.#roster.stop();
		this.#waiting.look();
		const clean = await this.#engine.stop();
		this.#phase = 'stopped';
		if (clean) this.#parts.logger.info('deregistered');
		else
			this.#parts.logger.warn(
				'etcd did not confirm the deregistration: the keys go when their lease runs out',
				{
					ttlSeconds: this.#engine.intervalSeconds,
				},
			);
		this.#emitter.emit('stopped', { clean });
		this.#waiting.look();
	}

	#setPaused(paused: boolean): Promise<void> {
		if (this.#phase === 'idle') this.#beginsPaused = paused;
		if (this.#phase !== (paused ? 'running' : 'paused')) return Promise.resolve();
		this.#phase = paused ? 'paused' : 'running';
		this.#parts.logger.info(paused ? 'paused: withdrawing' : 'resumed: registering again');
		return this.#changed();
	}

	#wanted(): Wanted {
		return this.#roster.services.wanted(this.#phase === 'paused', this.#isVerified);
	}

	readonly #isVerified = (key: string): boolean => this.#engine.pass.memory.isVerified(key);

	#passed(): boolean {
		const wanted = this.#wanted();
		const { memory } = this.#engine.pass;
		// A put whose answer was lost may stand in etcd: only a look tells that it does not.
		const isGone = (key: string) =>
			wanted.get(key) === null && !this.#isVerified(key) && memory.of(key).sent === null;
		const oneMore = this.#roster.services.left(isGone, this.#isVerified);
		this.#waiting.look();
		if (this.#engine.conflict !== null) void this.stop();
		return oneMore;
	}

	#readiness(): Readiness {
		if (this.#engine.conflict !== null) return this.#engine.conflict;
		if (this.#phase === 'stopping' || this.#phase === 'stopped') return new StoppedError();
		return this.status().ready ? 'ready' : 'waiting';
	}

	#changed(): Promise<void> {
		if (!this.#isAlive()) return Promise.resolve();
		this.#engine.counting.hint('change');
		return this.#engine.now();
	}

	#isAlive(): boolean {
		return this.#phase === 'running' || this.#phase === 'paused';
	}
}
