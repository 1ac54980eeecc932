/** How many instances of a service a failing check leaves in, as a number or as a share. */
import { type Parser, wholeNumber } from './parsed.js';

export interface MinHealthy {
	readonly value: number;
	/** `percent`: of the instances seen lately. */
	readonly unit: 'instances' | 'percent';
}

const MOST_INSTANCES = 1_000_000;
const EXAMPLE = '50%';

/** `off`, a number of instances, or a share like `50%`; `null` = off, which 0 is too. */
export const parseMinHealthy: Parser<MinHealthy | null> = (text) => {
	if (text === 'off') return { value: null };
	const isShare = text.endsWith('%');
	const parsed = isShare
		? wholeNumber(0, 100, EXAMPLE)(text.slice(0, -1))
		: wholeNumber(0, MOST_INSTANCES, EXAMPLE)(text);
	if ('value' in parsed)
		return {
			value: parsed.value === 0 ? null : { value: parsed.value, unit: isShare ? 'percent' : 'instances' },
		};
	return {
		expected: `off, a whole number of instances from 1 to ${MOST_INSTANCES}, or a share from 1% to 100%`,
		example: EXAMPLE,
	};
};
