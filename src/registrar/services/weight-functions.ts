/**
 * The weights of services, and the functions that give them. They are the application's: whatever they do, no
 * pass may fail because of it.
 */
import { onRejection } from '../../core/promises.js';
import { MAX_WEIGHT } from '../../core/settings/values/service-values.js';
import type { WeightStatus } from '../events.js';
import type { Logger } from '../ports.js';
import type { OwnService } from './service.js';

export class WeightFunctions {
	/**
	 * Those whose last answer was no good, which was reported. By function: an update makes another service of
	 * it.
	 */
	readonly #broken = new WeakSet<() => number>();

	constructor(private readonly logger?: Pick<Logger, 'warn'>) {}

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

/** Of the services that have one; `machine` is what stands for `auto`. */
export function weightsOf(
	services: Iterable<OwnService>,
	machine: { readonly percent: number; readonly why: string },
): WeightStatus[] {
	return [...services].flatMap(({ config, owner, weight }) => {
		if (config.weight === undefined) return [];
		if (config.weight === 'auto') return [{ ...owner, weight: machine.percent, why: machine.why }];
		if (typeof config.weight === 'number') return [{ ...owner, weight: config.weight, why: 'as configured' }];
		return weight === undefined ? [] : [{ ...owner, weight, why: 'as its function said' }];
	});
}
