/**
 * Follows the machine's load for the services whose weight is `auto`. What it guarantees: a change worth
 * telling, at most two a minute (core/weight.ts), and none after `stop()`. What goes wrong with measuring
 * leaves the weight where it is.
 */
import { followLoad, type Load, startWeight, type WeightState } from '../../core/weight.js';
import type { Clock, LoadReader, Logger } from '../ports.js';

/** Long enough that measuring costs nothing, short enough for what is smoothed over half a minute. */
const MEASURE_EVERY_MS = 5_000;

export interface LoadWeightOptions {
	/** Asked for only when a service wants to follow the load. */
	readonly createLoadReader: () => LoadReader;
	readonly clock: Clock;
	readonly logger: Logger;
	/** 1 to 100, and for people why. */
	readonly changed: (percent: number, why: string) => void;
}

export class LoadWeight {
	#state: WeightState | null = null;
	#read: LoadReader | null = null;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#measuring: Promise<void> | null = null;
	#wanted = false;
	#broken = false;

	constructor(private readonly options: LoadWeightOptions) {}

	/**
	 * Idempotent. Resolves after the first measurement, so that the first registration tells the weight of a machine
	 * that is busy already.
	 */
	async follow(wanted: boolean): Promise<void> {
		if (wanted === this.#wanted) return;
		this.#wanted = wanted;
		clearTimeout(this.#timer);
		if (!wanted) return;
		// One that was stopped and wanted again at once may still be measuring.
		await this.#measuring;
		if (this.#wanted) await this.#turn();
	}

	/** Idempotent; no timer is left. */
	stop(): void {
		void this.follow(false);
	}

	async #turn(): Promise<void> {
		clearTimeout(this.#timer);
		this.#measuring = this.#measure();
		await this.#measuring;
		if (this.#wanted) this.#timer = setTimeout(() => void this.#turn(), MEASURE_EVERY_MS);
	}

	async #measure(): Promise<void> {
		const { createLoadReader, clock, logger } = this.options;
		try {
			this.#read ??= createLoadReader();
			const load = await this.#read();
			this.#broken = false;
			if (this.#wanted) this.#take(load, clock.now());
		} catch (error) {
			if (!this.#broken)
				logger.warn('the load of the machine cannot be measured: the weight stays as it is', { error });
			this.#broken = true;
		}
	}

	#take(load: Load, nowMs: number): void {
		const before = this.#state ?? startWeight(nowMs);
		this.#state = followLoad(before, load, nowMs);
		const { percent } = this.#state;
		if (percent === before.percent) return;
		const why = `cpu ${inPercent(load.cpu)}, memory ${inPercent(load.memory)}: from ${before.percent} to ${percent} percent`;
		this.options.logger.info('weight changed', { ...rounded(load), fromPercent: before.percent, percent });
		this.options.changed(percent, why);
	}
}

const inPercent = (part: number): string => `${Math.round(100 * part)} %`;
const rounded = ({ cpu, memory }: Load) => ({
	cpu: Math.round(100 * cpu) / 100,
	memory: Math.round(100 * memory) / 100,
});
