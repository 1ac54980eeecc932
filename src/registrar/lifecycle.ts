import { StoppedError } from '../core/errors.js';
import type { Clock } from '../core/pace.js';

type LifePhase = 'idle' | 'running' | 'stopping' | 'stopped';

/** From idle to running to stopping to stopped, and never back, but for a start that failed. */
export class Lifecycle {
	#phase: LifePhase = 'idle';
	#startedMs: number | null = null;

	constructor(private readonly clock: Clock) {}

	get phase(): LifePhase {
		return this.#phase;
	}

	/** Monotonic milliseconds; `null` = not started. */
	get startedMs(): number | null {
		return this.#startedMs;
	}

	get isAlive(): boolean {
		return this.#phase === 'running';
	}

	get isOver(): boolean {
		return this.#phase === 'stopping' || this.#phase === 'stopped';
	}

	/** @throws StoppedError */
	assertNotStopped(): void {
		if (this.isOver) throw new StoppedError();
	}

	/** `false` = it runs already. @throws StoppedError */
	begin(): boolean {
		this.assertNotStopped();
		if (this.#phase !== 'idle') return false;
		this.#phase = 'running';
		this.#startedMs = this.clock.now();
		return true;
	}

	/** The start failed: it may be tried again, unless it was stopped meanwhile. */
	undoBegin(): void {
		if (this.isAlive) this.#phase = 'idle';
	}

	stopping(): void {
		this.#phase = 'stopping';
	}

	stopped(): void {
		this.#phase = 'stopped';
	}
}
