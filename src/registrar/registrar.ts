/** The registrar's phases and its API: what applications ask for, and when it is done. */
import { NotStartedError, StoppedError } from '../core/errors.js';
import type { ServiceOptions } from '../core/settings/options.js';
import type { Registrar } from './api.js';
import type { RecentChanges, Status } from './documents.js';
import type { RegistrarEvent } from './events.js';
import { Lifecycle } from './lifecycle.js';
import { Engine } from './loop/engine.js';
import type { RegistrarParts, ServiceChanges } from './parts.js';
import type { Metering } from './ports.js';
import { ChangeLog } from './report/change-log.js';
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
	readonly #changes: ChangeLog | null;
	readonly #waiting = new Waiting();
	readonly #pausing: Pausing;
	readonly #life: Lifecycle;
	readonly #metering: Metering | null;
	#stopping: Promise<void> | null = null;

	constructor(parts: RegistrarParts) {
		this.#parts = parts;
		this.#life = new Lifecycle(parts.clock);
		this.#emitter = new Emitter(parts.logger);
		this.#live = new LiveServices(
			parts,
			(key) => this.#engine.pass.memory.mayStand(key),
			() => this.#changed(),
			(kept) => this.#emitter.emit('kept', kept),
		);
		this.#changes = parts.keepsChanges ? new ChangeLog(parts.clock, () => this.#whyWithdrawn()) : null;
		this.#engine = new Engine(
			parts,
			this.#live.subject((ok) => this.#passed(ok)),
			this.#emitter,
			this.#changes,
		);
		this.#pausing = new Pausing({
			...parts,
			services: this.#live.services,
			memory: () => this.#engine.pass.memory,
			changed: () => void this.#changed(),
		});
		this.#metering = parts.createMetering?.(() => this.status()) ?? null;
		this.#engine.counting.also = this.#metering;
	}

	async start(): Promise<void> {
		if (!this.#life.begin()) return;
		try {
			await this.findAddresses();
		} catch (error) {
			this.#life.undoBegin();
			this.#waiting.recheck();
			throw error;
		}
		if (!this.#life.isAlive) return;
		this.#live.start();
		this.#engine.start();
	}

	/** What `start()` does first. Rejects with a `ConfigError` when no address fits a wildcard. */
	findAddresses(): Promise<void> {
		return this.#live.findAddresses();
	}

	async ready(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
		await this.#waiting.until(() => this.#readiness(), options?.signal);
	}

	async add(service: ServiceOptions): Promise<void> {
		this.#life.assertNotStopped();
		this.#live.add(service);
		await this.#changed();
	}

	async update(name: string, addr: string, changes: ServiceChanges): Promise<void> {
		this.#life.assertNotStopped();
		const updated = this.#live.update(name, addr, changes);
		await this.#changed();
		// The new keys stand: the next pass takes away those they replaced.
		if (updated.some((service) => this.#live.services.hasDue(service))) await this.reconcile();
	}

	async remove(name: string, addr: string): Promise<void> {
		this.#life.assertNotStopped();
		this.#live.remove(name, addr);
		await this.#changed();
	}

	async pause(options: PauseOptions = {}): Promise<void> {
		if (!this.#life.isOver) await this.#confirmed(this.#pausing.pause(options));
	}

	async resume(options: ResumeOptions = {}): Promise<void> {
		if (!this.#life.isOver) await this.#confirmed(this.#pausing.resume(options));
	}

	/** Every service is paused. */
	get isPaused(): boolean {
		return this.#pausing.everything;
	}

	reconcile(): Promise<void> {
		return this.#life.isAlive ? this.#engine.now() : Promise.resolve();
	}

	status(): Status {
		return statusOf({
			...this.#engine.facts(),
			...this.#live.facts(),
			phase: this.#phaseToTell(),
			paused: this.#pausing.status(),
			endpoints: this.#parts.endpoints ?? [],
			version: this.#parts.version ?? '',
			startedMs: this.#life.startedMs,
		});
	}

	/** What happened lately, where it is kept (`keepsChanges`). */
	recentChanges(): RecentChanges {
		const changes = this.#changes ?? new ChangeLog(this.#parts.clock);
		return changes.recent(this.#life.startedMs, this.#engine.passingSinceMs);
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
		this.#life.stopping();
		this.#live.stop();
		this.#waiting.recheck();
		const clean = await this.#engine.stop();
		this.#life.stopped();
		this.#metering?.end();
		this.#emitter.emit('stopped', { clean });
		this.#waiting.recheck();
	}

	/** Resolves when etcd has confirmed it, or when it cannot any more. */
	async #confirmed(request: PauseRequest): Promise<void> {
		const readiness = () => (this.#life.isAlive ? this.#pausing.confirmed(request) : 'ready');
		await this.#waiting.until(readiness, request.signal);
	}

	#phaseToTell(): Phase {
		if (!this.#life.isAlive) return this.#life.phase;
		if (this.#engine.conflict !== null) return 'conflict';
		return this.#pausing.everything ? 'paused' : 'running';
	}

	#whyWithdrawn(): string | null {
		if (!this.#life.isAlive) return this.#life.phase;
		const paused = this.#pausing
			.status()
			.map(({ service, reason }) => `${service} paused${reason === null ? '' : `: ${reason}`}`);
		return [...paused, this.#live.checks.whyNot()].filter((why) => why !== null).join('; ') || null;
	}

	#passed(ok: boolean): boolean {
		if (ok) this.#live.checks.sample();
		const oneMore = this.#live.services.settle((key) => this.#engine.pass.memory.isVerified(key));
		this.#waiting.recheck();
		if (this.#engine.conflict !== null) void this.stop();
		return oneMore;
	}

	#readiness(): Readiness {
		if (this.#engine.conflict !== null) return this.#engine.conflict;
		if (this.#life.isOver) return new StoppedError();
		if (this.#life.phase === 'idle') return new NotStartedError();
		return this.status().ready ? 'ready' : 'waiting';
	}

	#changed(): Promise<void> {
		if (!this.#life.isAlive) return Promise.resolve();
		this.#engine.counting.hint('change');
		return this.#engine.now();
	}
}
