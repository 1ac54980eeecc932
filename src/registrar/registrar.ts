/** The registrar's phases and its API: what applications ask for, and when it is done. */
import { ConfigError, NotStartedError, StoppedError } from '../core/errors.js';
import type { ServiceOptions } from '../core/settings/options.js';
import type { Registrar } from './api.js';
import { withDeadline } from './deadline.js';
import type { RegistrarEvent, Status } from './events.js';
import { Engine } from './loop/engine.js';
import type { RegistrarParts, ServiceChanges } from './parts.js';
import type { Wanted } from './pass/facts.js';
import { Emitter, type Listener } from './report/emitter.js';
import { type Readiness, Waiting } from './report/readiness.js';
import { LiveServices } from './services/live-services.js';
import { type PauseOptions, type PauseRequest, Pausing, type ResumeOptions } from './services/pausing.js';
import { type Phase, statusOf } from './status.js';

export class PollingRegistrar implements Registrar {
	readonly #parts: RegistrarParts;
	readonly #live: LiveServices;
	readonly #emitter: Emitter;
	readonly #engine: Engine;
	readonly #waiting = new Waiting();
	readonly #pausing: Pausing;
	#phase: Exclude<Phase, 'paused' | 'conflict'> = 'idle';
	#startedMs: number | null = null;
	#stopping: Promise<void> | null = null;

	constructor(parts: RegistrarParts) {
		this.#parts = parts;
		this.#emitter = new Emitter(parts.logger);
		this.#live = new LiveServices(
			parts,
			this.#mayStand,
			() => this.#changed(),
			(kept) => this.#emitter.emit('kept', kept),
		);
		this.#engine = new Engine(
			parts,
			{
				prepare: () => this.#live.prepare(),
				wanted: () => this.#wanted(),
				groups: () => this.#live.services.view.groups,
				fleetPrefixes: () => this.#live.services.view.fleetPrefixes,
				passed: (ok) => this.#passed(ok),
			},
			this.#emitter,
		);
		this.#pausing = new Pausing({
			...parts,
			services: this.#live.services,
			memory: () => this.#engine.pass.memory,
			changed: () => void this.#changed(),
		});
	}

	async start(): Promise<void> {
		this.#assertNotStopped();
		if (this.#phase !== 'idle') return;
		this.#phase = 'running';
		this.#startedMs = this.#parts.clock.now();
		try {
			await this.findAddresses();
		} catch (error) {
			if (this.#isAlive()) this.#phase = 'idle';
			this.#waiting.recheck();
			throw error;
		}
		if (!this.#isAlive()) return;
		this.#live.start();
		this.#engine.start();
	}

	/**
	 * What `start()` does first: finds out the addresses of wildcards. Rejects with a `ConfigError` when there
	 * are none that fit.
	 */
	async findAddresses(): Promise<void> {
		await withDeadline(this.#parts.callTimeoutMs, () => this.#live.findAddresses()).catch(
			(error: unknown) => {
				// Without an answer from the name server, say, the passes go on trying.
				if (error instanceof ConfigError) throw error;
			},
		);
	}

	async ready(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
		await this.#waiting.until(() => this.#readiness(), options?.signal);
	}

	async add(service: ServiceOptions): Promise<void> {
		this.#assertNotStopped();
		this.#live.add(service);
		await this.#changed();
	}

	async update(name: string, addr: string, changes: ServiceChanges): Promise<void> {
		this.#assertNotStopped();
		const updated = this.#live.update(name, addr, changes);
		await this.#changed();
		// The new keys stand: the next pass takes away those they replaced.
		if (updated.some((service) => this.#live.services.hasDue(service))) await this.reconcile();
	}

	async remove(name: string, addr: string): Promise<void> {
		this.#assertNotStopped();
		this.#live.remove(name, addr);
		await this.#changed();
	}

	async pause(options: PauseOptions = {}): Promise<void> {
		if (!this.#isOver()) await this.#confirmed(this.#pausing.pause(options));
	}

	async resume(options: ResumeOptions = {}): Promise<void> {
		if (!this.#isOver()) await this.#confirmed(this.#pausing.resume(options));
	}

	/** Every service is paused. */
	get isPaused(): boolean {
		return this.#pausing.everything;
	}

	reconcile(): Promise<void> {
		return this.#isAlive() ? this.#engine.now() : Promise.resolve();
	}

	status(): Status {
		const engine = this.#engine;
		return statusOf({
			phase: this.#phaseToTell(),
			paused: this.#pausing.status(),
			kept: this.#live.checks.kept(),
			wanted: this.#wanted(),
			memory: engine.pass.memory,
			owner: this.#live.services.view.owners,
			weights: this.#live.services.weights.status(),
			withdrawnBecause: this.#live.checks.whyNot(),
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

	on<E extends RegistrarEvent>(event: E, listener: Listener<E>): () => void {
		return this.#emitter.on(event, listener);
	}

	stop(): Promise<void> {
		this.#stopping ??= this.#stop();
		return this.#stopping;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.stop();
	}

	async #stop(): Promise<void> {
		this.#phase = 'stopping';
		this.#live.stop();
		this.#waiting.recheck();
		const hadLeases = this.#engine.leases.alive.length > 0;
		const clean = await this.#engine.stop();
		this.#phase = 'stopped';
		if (clean) this.#parts.logger.info(hadLeases ? 'deregistered' : 'stopped: nothing was registered');
		else
			this.#parts.logger.warn(
				'etcd did not confirm the deregistration: the keys go when their lease runs out',
				{
					ttlSeconds: this.#engine.intervalSeconds,
				},
			);
		this.#emitter.emit('stopped', { clean });
		this.#waiting.recheck();
	}

	/** Resolves when etcd has confirmed it, or when it cannot any more. */
	async #confirmed(request: PauseRequest): Promise<void> {
		const readiness = () => (this.#isAlive() ? this.#pausing.confirmed(request) : 'ready');
		await this.#waiting.until(readiness, request.signal);
	}

	#phaseToTell(): Phase {
		if (!this.#isAlive()) return this.#phase;
		if (this.#engine.conflict !== null) return 'conflict';
		return this.#pausing.everything ? 'paused' : 'running';
	}

	#wanted(): Wanted {
		return this.#live.services.view.wanted;
	}

	readonly #isVerified = (key: string): boolean => this.#engine.pass.memory.isVerified(key);

	/** A put whose answer was lost may stand in etcd: only a read tells that it does not. */
	readonly #mayStand = (key: string): boolean =>
		this.#isVerified(key) || this.#engine.pass.memory.of(key).sent !== null;

	#passed(ok: boolean): boolean {
		if (ok) this.#live.checks.sample();
		const oneMore = this.#live.services.settle(this.#isVerified);
		this.#waiting.recheck();
		if (this.#engine.conflict !== null) void this.stop();
		return oneMore;
	}

	#readiness(): Readiness {
		if (this.#engine.conflict !== null) return this.#engine.conflict;
		if (this.#isOver()) return new StoppedError();
		if (this.#phase === 'idle') return new NotStartedError();
		return this.status().ready ? 'ready' : 'waiting';
	}

	#changed(): Promise<void> {
		if (!this.#isAlive()) return Promise.resolve();
		this.#engine.counting.hint('change');
		return this.#engine.now();
	}

	#assertNotStopped(): void {
		if (this.#isOver()) throw new StoppedError();
	}

	#isAlive(): boolean {
		return this.#phase === 'running';
	}

	#isOver(): boolean {
		return this.#phase === 'stopping' || this.#phase === 'stopped';
	}
}
