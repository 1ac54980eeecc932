import type { Schedule } from '../../src/registrar/ports.js';

/**
 * The tick of the loop, on whatever timers there are: the first after its own delay, the rest a whole
 * interval apart.
 */
export class SimulatedSchedule implements Schedule {
	#timer: ReturnType<typeof setTimeout> | undefined;

	start(intervalSeconds: number, firstDelayMs: number, tick: () => void): void {
		this.stop();
		const turn = () => {
			this.#timer = setTimeout(turn, intervalSeconds * 1_000);
			tick();
		};
		this.#timer = setTimeout(turn, firstDelayMs);
	}

	stop(): void {
		clearTimeout(this.#timer);
	}
}
