/**
 * The weights of services: as configured, after the machine's load, or by functions of the application.
 * Whatever those do, no pass may fail because of it.
 */
import { onRejection } from '../../core/promises.js';
import { MAX_WEIGHT } from '../../core/settings/values/service-values.js';
import { followLoad, type Load, startWeight, type WeightState } from '../../core/weight.js';
import type { WeightStatus } from '../documents.js';
import type { Clock, LoadReader, Logger } from '../ports.js';
import type { OwnService } from './service.js';

export class Weights {
	/**
	 * Functions whose last answer was no good, which was reported. By function: an update makes another service
	 * of it.
	 */
	readonly #broken = new WeakSet<() => number>();
	#machine = { percent: 100, why: 'the full weight: no load was measured yet' };

	constructor(
		private readonly services: () => Iterable<OwnService>,
		private readonly render: (service: OwnService, weight?: number) => void,
		private readonly logger?: Pick<Logger, 'warn'>,
	) {}

	/** Whether the machine's load has to be measured. */
	get followLoad(): boolean {
		for (const { config } of this.services()) if (config.weight === 'auto') return true;
		return false;
	}

	/** Of `SERVICE_WEIGHT=auto`: 1 to 100, the part of its weight that the machine can carry now. */
	get machinePercent(): number {
		return this.#machine.percent;
	}

	followMachine(percent: number, why = 'the machine’s load'): void {
		this.#machine = { percent, why };
		for (const service of this.services()) if (service.config.weight === 'auto') this.render(service);
	}

	/** Before each pass: asks the functions that give weights. */
	askAll(): void {
		for (const service of this.services()) {
			if (typeof service.config.weight !== 'function') continue;
			const weight = this.ask(service);
			if (weight !== service.weight) this.render(service, weight);
		}
	}

	/** Of the services that have one. */
	status(): WeightStatus[] {
		return [...this.services()].flatMap(({ config, owner, weight }) => {
			if (config.weight === undefined) return [];
			if (config.weight === 'auto')
				return [{ ...owner, weight: this.#machine.percent, why: this.#machine.why }];
			if (typeof config.weight === 'number')
				return [{ ...owner, weight: config.weight, why: 'as configured' }];
			return weight === undefined ? [] : [{ ...owner, weight, why: 'as its function said' }];
		});
	}

	/**
	 * What the service's function says now, as a whole number of at least 1: several readers take 0 for "none
	 * given". One that throws or gives no such number is reported once, and its last good answer stands;
	 * `undefined` = there was none yet, so the format's own weight counts.
	 */
	ask({ config: { weight: ask, name }, weight: last }: OwnService): number | undefined {
		if (typeof ask !== 'function') return last;
		try {
			const weight = ask();
			assertWeight(weight);
			this.#broken.delete(ask);
			return Math.max(1, Math.round(weight));
		} catch (error) {
			if (!this.#broken.has(ask))
				this.logger?.warn('a weight function failed: its last good weight stands', { service: name, error });
			this.#broken.add(ask);
			return last;
		}
	}
}

/** @throws RangeError */
function assertWeight(weight: unknown): asserts weight is number {
	if (typeof weight === 'number' && weight >= 0 && weight <= MAX_WEIGHT) return;
	// What it promises is never asked for: a rejection must not end the process.
	const isPromise = onRejection(weight, () => undefined);
	throw new RangeError(
		`expected a number from 0 to ${MAX_WEIGHT}${isPromise ? ' at once, not a promise of one' : ''}`,
	);
}

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

/**
 * Follows the machine's load for the services whose weight is `auto`. What it guarantees: a change worth
 * telling, at most two a minute (core/weight.ts), and none after `stop()`. What goes wrong with measuring
 * leaves the weight where it is.
 */
export class LoadWeight {
	#state: WeightState | null = null;
	#read: LoadReader | null = null;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#measuring: Promise<void> | null = null;
	#wanted = false;
	#broken = false;

	constructor(private readonly options: LoadWeightOptions) {}

	/**
	 * Idempotent. Resolves after the first measurement, so that the first registration tells the weight of a
	 * machine that is busy already.
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
