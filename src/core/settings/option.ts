/** One option as the parsers of the variables read it: its value as text, its path as its name. */
import type { Given, Problems } from './problems.js';

/** `milliseconds`: a number, read by the parser of durations. `list`: a text, or texts in an array. */
export type Kind = 'text' | 'number' | 'milliseconds' | 'list' | 'weight' | 'share';

const KINDS = {
	text: { expected: 'a string', fits: isText, write: String },
	number: { expected: 'a number', fits: isNumber, write: String },
	milliseconds: {
		expected: 'a number of milliseconds',
		fits: isNumber,
		write: (value: unknown) => `${value}ms`,
	},
	list: {
		expected: 'a string, or an array of strings',
		fits: (value: unknown) => isText(value) || (Array.isArray(value) && value.every(isText)),
		write: String,
	},
	weight: {
		expected: 'a whole number, "auto", or a function',
		fits: (value: unknown) => isText(value) || isNumber(value),
		write: String,
	},
	share: {
		expected: 'a whole number, or a share like "50%"',
		fits: (value: unknown) => isText(value) || isNumber(value),
		write: String,
	},
} as const satisfies Record<
	Kind,
	{ expected: string; fits: (value: unknown) => boolean; write: (value: unknown) => string }
>;

const IN_MILLISECONDS = 'a whole number of milliseconds, more than 0, at most a day';

export function option(path: string, value: unknown, kind: Kind): Given {
	const { expected, fits, write } = KINDS[kind];
	const assign = (example: string): string =>
		`${path}: ${kind === 'milliseconds' ? milliseconds(example) : /^\d+$/.test(example) ? example : JSON.stringify(example)}`;
	const base = { name: path, assign, secret: /password/i.test(path) };
	if (value === undefined) return { ...base, text: undefined };
	if (!fits(value))
		return { ...base, text: undefined, mistake: { expected, mend: `give ${path} as ${expected}` } };
	return { ...base, text: write(value), ...(kind === 'milliseconds' ? { expected: IN_MILLISECONDS } : {}) };
}

/** The variables' examples are durations. */
function milliseconds(example: string): number {
	return Number.parseFloat(example) * (example.endsWith('ms') ? 1 : 1000);
}

export type Fields = Readonly<Record<string, unknown>>;

/**
 * The object's own fields, each of them known, or one that is not listed for people; else a problem, and what
 * is known is read all the same.
 */
export function fields(
	path: string,
	value: unknown,
	known: readonly string[],
	problems: Problems,
	unlisted: readonly string[] = [],
): Fields {
	if (value === undefined) return {};
	const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
	if (!isObject(value)) {
		problems.addLine(`${path || 'options'}: expected an object with ${known.join(', ')}`);
		return {};
	}
	for (const name of Object.keys(value)) {
		if (!known.includes(name) && !unlisted.includes(name))
			problems.addLine(
				`${at(name)} is no option, expected one of ${known.join(', ')}: correct the name or leave it out`,
			);
	}
	return value;
}

export function isObject(value: unknown): value is Fields {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
	return typeof value === 'string';
}

function isNumber(value: unknown): value is number {
	return typeof value === 'number';
}
