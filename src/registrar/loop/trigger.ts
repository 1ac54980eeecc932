/**
 * When the pass runs. One at a time; a nudge during a pass makes exactly one more; hints wait at a token
 * bucket. The pass itself has a deadline, so that one that hangs cannot silence the loop.
 */
import { FULL_BUCKET, takeToken } from '../../core/pace.js';
import type { Clock } from '../ports.js';

export class Trigger {
	#running: Promise<void> | null = null;
	#again: Promise<void> | null = null;
	#hint: ReturnType<typeof setTimeout> | undefined;
	#bucket = FULL_BUCKET;
	#stopped = false;

	constructor(
		/** Never rejects. */
		private readonly pass: () => Promise<void>,
		private readonly clock: Clock,
	) {}

	/**
	 * Runs a pass now, or one more after the running one. Resolves when a pass that began after this call has
	 * ended.
	 */
	now(): Promise<void> {
		if (this.#stopped) return Promise.resolve();
		// First of all the one that is due: between the end of a pass and its beginning nothing runs.
		if (this.#again !== null) return this.#again;
		if (this.#running === null) return this.#run();
		this.#again = this.#running.then(() => {
			this.#again = null;
			return this.#stopped ? undefined : this.#run();
		});
		return this.#again;
	}

	/** Runs a pass soon: after `delayMs`, and no sooner than the token bucket allows. */
	hint(delayMs: number): void {
		if (this.#stopped || this.#hint !== undefined || this.#again !== null) return;
		const { bucket, waitMs } = takeToken(this.#bucket, this.clock.now());
		this.#bucket = bucket;
		const waiting = () => {
			this.#hint = undefined;
			void this.now();
		};
		if (waitMs > 0) {
			this.#hint = setTimeout(() => {
				this.#hint = undefined;
				this.hint(0);
			}, waitMs);
		} else if (delayMs > 0) this.#hint = setTimeout(waiting, delayMs);
		else waiting();
	}

	/** No pass begins after this; resolves when the running one has ended. */
	async stop(): Promise<void> {
		this.#stopped = true;
		clearTimeout(this.#hint);
		await this.#running;
	}

	#run(): Promise<void> {
		this.#running = this.pass().finally(() => {
			this.#running = null;
		});
		return this.#running;
	}
}
