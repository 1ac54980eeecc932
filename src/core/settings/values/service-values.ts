/** Kinds of values that only services have. */
import { type Address, parseAddress } from '../../address.js';
import { FORMAT_NAMES, type FormatName } from '../../formats/index.js';
import type { Weight } from '../options.js';
import { isText, type Kind, listOf, oneOf, type Parsed, text, wholeNumber, wrongType } from './kinds.js';

export interface WrittenAddress {
	readonly text: string;
	readonly address: Address;
}

export const publicAddress: Kind<WrittenAddress> = text((given) => {
	const parsed = parseAddress(given);
	return 'value' in parsed ? { value: { text: given, address: parsed.value } } : parsed;
});

export const formats: Kind<readonly FormatName[]> = listOf(',', (parts) => {
	const chosen: FormatName[] = [];
	for (const part of parts) {
		const format: Parsed<FormatName> = oneOf(FORMAT_NAMES, 'address').parse(part);
		if (!('value' in format)) return { ...format, expected: `each to be ${format.expected}` };
		if (chosen.includes(format.value))
			return {
				expected: `each format once, and ${part} is there twice`,
				example: [...new Set(parts)].join(','),
			};
		chosen.push(format.value);
	}
	return chosen.length > 0
		? { value: chosen }
		: { expected: `one or several of ${FORMAT_NAMES.join(', ')}`, example: 'address' };
});

export const MAX_WEIGHT = 1_000_000;
const number = wholeNumber(0, MAX_WEIGHT, { example: '10', what: 'auto, or a whole number' });
const parseWeight = (given: string): Parsed<Weight> =>
	given === 'auto' ? { value: given } : number.parse(given);
export const weight: Kind<Weight> = {
	parse: parseWeight,
	accept: (value) => {
		if (isText(value)) return parseWeight(value);
		if (isFunction(value)) return { value };
		return typeof value === 'number'
			? number.accept(value)
			: wrongType('a whole number, "auto", or a function');
	},
	write: String,
};

function isFunction(value: unknown): value is () => number {
	return typeof value === 'function';
}

/** How many instances of a service a failing check leaves in, as a number or as a share. */
export interface MinHealthy {
	readonly value: number;
	/** `percent`: of the instances seen lately. */
	readonly unit: 'instances' | 'percent';
}

const MOST_INSTANCES = 1_000_000;
const judgeMinHealthy = (value: number, unit: MinHealthy['unit']): Parsed<MinHealthy | null> =>
	Number.isInteger(value) && value >= 0 && value <= (unit === 'percent' ? 100 : MOST_INSTANCES)
		? { value: value === 0 ? null : { value, unit } }
		: {
				expected: `off, a whole number of instances from 1 to ${MOST_INSTANCES}, or a share from 1% to 100%`,
				example: '50%',
			};
const parseMinHealthy = (given: string): Parsed<MinHealthy | null> => {
	if (given === 'off') return { value: null };
	const [, digits, share] = /^(\d{1,15})(%?)$/.exec(given) ?? [];
	return judgeMinHealthy(Number(digits), share === '%' ? 'percent' : 'instances');
};
/** `off`, a number of instances, or a share like `50%`; `null` = off, which 0 is too. */
export const minHealthy: Kind<MinHealthy | null> = {
	parse: parseMinHealthy,
	accept: (value) => {
		if (isText(value)) return parseMinHealthy(value);
		return typeof value === 'number'
			? judgeMinHealthy(value, 'instances')
			: wrongType('a whole number, or a share like "50%"');
	},
	write: (one) => (one === null ? 'off' : `${one.value}${one.unit === 'percent' ? '%' : ''}`),
};
