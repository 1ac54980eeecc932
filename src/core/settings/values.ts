/** Parsers of a service's own values. */
import { type Address, parseAddress } from '../address.js';
import { FORMAT_NAMES, type FormatName } from '../formats/index.js';
import { oneOf, type Parsed, type Parser, parts, wholeNumber } from './parsed.js';

export const parseAddr = (text: string): Parsed<{ readonly text: string; readonly address: Address }> => {
	const address = parseAddress(text);
	return 'value' in address ? { value: { text, address: address.value } } : address;
};

export const parseFormats: Parser<readonly FormatName[]> = (text) => {
	const formats: FormatName[] = [];
	for (const part of parts(text, ',')) {
		const format = oneOf(FORMAT_NAMES, 'address')(part);
		if (!('value' in format)) return { ...format, expected: `each to be ${format.expected}` };
		if (formats.includes(format.value))
			return {
				expected: `each format once, and ${part} is there twice`,
				example: [...new Set(parts(text, ','))].join(','),
			};
		formats.push(format.value);
	}
	return formats.length > 0
		? { value: formats }
		: { expected: `one or several of ${FORMAT_NAMES.join(', ')}`, example: 'address' };
};

export const MAX_WEIGHT = 1_000_000;
export const parseWeight: Parser<number | 'auto'> = (text) =>
	text === 'auto' ? { value: text } : wholeNumber(0, MAX_WEIGHT, '10', 'auto, or a whole number')(text);
