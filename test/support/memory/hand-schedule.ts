import type { Schedule } from '../../../src/registrar/ports.js';

/** A schedule by hand: says how it was started, and ticks when the test wants. */
export class HandSchedule implements Schedule {
	readonly starts: {
		readonly intervalSeconds: number;
		readonly firstDelayMs: number;
		readonly atMs: number;
	}[] = [];
	stopped = false;
	#tick: (() => void) | null = null;

	start(intervalSeconds: number, firstDelayMs: number, tick: () => void): void {
		this.starts.push({ intervalSeconds, firstDelayMs, atMs: performance.now() });
		this.#tick = tick;
	}

	stop(): void {
		this.stopped = true;
		this.#tick = null;
	}

	tick(): void {
		this.#tick?.();
	}
}
