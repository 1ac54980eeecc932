/**
 * Kinds of values. A kind has two ways in, a text (of a variable) and a value (of an option); both end in the
 * same judgement of the typed value. A kind never throws and does not know the name of what it reads.
 */
export type Parsed<T> = { readonly value: T } | Mistake;

export interface Mistake {
	/** What would have been right, in words that follow "expected". */
	readonly expected: string;
	/** A value that would be right; whoever reports it writes it as an assignment. */
	readonly example?: string;
	/** What to do, where an example alone does not say it. */
	readonly mend?: string;
	/** What was given holds a secret where none belongs. */
	readonly hide?: true;
	/** It is of another type, or cannot be read at all, so that there is nothing to show. */
	readonly unusable?: true;
}

export type Parser<T> = (text: string) => Parsed<T>;

export interface Kind<T> {
	/** As it is typed into a variable. */
	parse(text: string): Parsed<T>;
	/** As it is given as an option, by a caller who may have no types. */
	accept(value: unknown): Parsed<T>;
	/** As it would be typed. */
	write(value: T): string;
	/** A length of time: people are shown it with its unit. */
	readonly isDuration?: true;
}

export const isText = (value: unknown): value is string => typeof value === 'string';

export function wrongType(expected: string): Mistake {
	return { expected, unusable: true };
}

export function text<T>(parse: Parser<T>, write: (value: T) => string = String): Kind<T> {
	return { parse, accept: (value) => (isText(value) ? parse(value) : wrongType('a string')), write };
}

export const filled: Kind<string> = text((given) =>
	given === '' ? { expected: 'something, not an empty text' } : { value: given },
);

/** Several values in one text, with separators between, or in an array of such texts. */
export function listOf<T>(
	separator: RegExp | string,
	judge: (parts: readonly string[]) => Parsed<T>,
): Kind<T> {
	return {
		parse: (given) => judge(parts(given, separator)),
		accept: (value) => {
			const texts = [value].flat();
			return texts.every(isText)
				? judge(texts.flatMap((one) => parts(one, separator)))
				: wrongType('a string, or an array of strings');
		},
		write: String,
	};
}

export function oneOf<const T extends string>(choices: readonly T[], example: T): Kind<T> {
	return text((given) => {
		const value = choices.find((choice) => choice === given);
		return value === undefined ? { expected: `one of ${choices.join(', ')}`, example } : { value };
	});
}

export interface NumberRule {
	readonly example: string;
	/** What it counts, as in "whole seconds". */
	readonly what?: string;
	/** How it is typed. */
	readonly pattern?: RegExp;
}

export function wholeNumber(
	least: number,
	most: number,
	{ example, what = 'a whole number', pattern = /^\d{1,15}$/ }: NumberRule,
): Kind<number> {
	const judge = (value: number): Parsed<number> =>
		Number.isInteger(value) && value >= least && value <= most
			? { value }
			: { expected: `${what} from ${least} to ${most}`, example };
	return {
		parse: (given) => judge(pattern.test(given) ? Number.parseInt(given, 10) : Number.NaN),
		accept: (value) => (typeof value === 'number' ? judge(value) : wrongType('a number')),
		write: String,
	};
}

/** The parts of a list, spaces around them and empty ones left out: a comma at the end is no mistake. */
function parts(given: string, separator: RegExp | string): string[] {
	return given
		.split(separator)
		.map((part) => part.trim())
		.filter((part) => part !== '');
}

/**
 * Quoted and on one line, cut to a readable length, so that nothing that was typed in can garble a terminal
 * or fill a log.
 */
export function quoted(given: string): string {
	const shown = JSON.stringify(given.length > 100 ? `${given.slice(0, 100)}…` : given);
	return shown.replace(
		/[\u007f-\u009f\u2028\u2029]/g,
		(char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);
}

/**
 * Without the user name and password that a URL may carry; up to the last `@`, since a password may hold any
 * character.
 */
export function withoutUserinfo(given: string): string {
	return given.replace(
		/:\/\/(?:(?!:\/\/).)*@|^(?!\w+:\/\/)[^@]*:.*@/gsu,
		(match) => `${match.startsWith('://') ? '://' : ''}[redacted]@`,
	);
}
