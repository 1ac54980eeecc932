/**
 * What a parser says: the value, or what it expected and how to mend it. A parser never throws and never
 * knows the name of what it reads.
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
}

export type Parser<T> = (text: string) => Parsed<T>;

/**
 * Quoted and on one line, cut to a readable length, so that nothing that was typed in can garble a terminal
 * or fill a log.
 */
export function quoted(text: string): string {
	const shown = JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
	return shown.replace(
		/[\u007f-\u009f\u2028\u2029]/g,
		(char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);
}

/**
 * Without the user name and password that a URL may carry; up to the last `@`, since a password may hold any
 * character.
 */
export function withoutUserinfo(text: string): string {
	return text.replace(
		/:\/\/(?:(?!:\/\/).)*@|^(?!\w+:\/\/)[^@]*:.*@/gsu,
		(match) => `${match.startsWith('://') ? '://' : ''}[redacted]@`,
	);
}

export function oneOf<const T extends string>(choices: readonly T[], example: T): Parser<T> {
	return (text) => {
		const value = choices.find((choice) => choice === text);
		return value === undefined ? { expected: `one of ${choices.join(', ')}`, example } : { value };
	};
}

export function wholeNumber(
	min: number,
	max: number,
	example: string,
	what = 'a whole number',
): Parser<number> {
	return (text) => {
		const value = Number(text);
		return /^\d{1,15}$/.test(text) && value >= min && value <= max
			? { value }
			: { expected: `${what} from ${min} to ${max}`, example };
	};
}

/** The parts of a list, spaces around them and empty ones left out: a comma at the end is no mistake. */
export function parts(text: string, separator: RegExp | string): string[] {
	return text
		.split(separator)
		.map((part) => part.trim())
		.filter((part) => part !== '');
}
