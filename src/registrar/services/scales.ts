/** Asks the functions that give weights. They are the application's: whatever they do, no pass may fail of it. */
import { MAX_WEIGHT } from '../../core/settings/variables.js';
import type { Logger } from '../ports.js';
import type { Member } from './service.js';

export class Scales {
	readonly #broken = new WeakSet<Member>();

	constructor(private readonly logger?: Pick<Logger, 'warn'>) {}

	/**
	 * What the member's function says now, as a whole number of at least 1: several readers take 0 for "none given". One that throws or
	 * says nonsense is told of once, and its last good word stands; `undefined` = there was none yet, so the format's own weight counts.
	 */
	ask(member: Member): number | undefined {
		const { weight: ask, name } = member.config;
		try {
			const weight: unknown = typeof ask === 'function' ? ask() : undefined;
			if (typeof weight !== 'number' || !(weight >= 0 && weight <= MAX_WEIGHT))
				throw new RangeError(`expected a number from 0 to ${MAX_WEIGHT}`);
			this.#broken.delete(member);
			return Math.max(1, Math.round(weight));
		} catch (error) {
			if (!this.#broken.has(member))
				this.logger?.warn('a weight function failed: its last good weight stands', { service: name, error });
			this.#broken.add(member);
			return member.weight;
		}
	}
}
