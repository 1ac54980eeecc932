import { ConfigError } from '../errors.js';
import { type Mistake, type Parser, quoted, withoutUserinfo } from './parsed.js';

/** One setting as it was given, by a variable or by an option: its text, and how to speak of it. */
export interface Given {
	/** The variable's name, or the option's path. */
	readonly name: string;
	/** `undefined` = not given. */
	readonly text: string | undefined;
	/** Another program's variable, read for want of ours: what does not fit is capped, not refused. */
	readonly fallback?: true;
	/** Never printed. */
	readonly secret?: boolean;
	/** The file that holds the text. */
	readonly file?: string;
	/** Given, but not as something that could be read. */
	readonly mistake?: Mistake;
	/** What is expected, where the parser's own words are for another way of giving it. */
	readonly expected?: string;
	/** An example as one would write it: `SERVICE_TTL=5`, `ttlSeconds: 5`. */
	assign(example: string): string;
}

/**
 * All mistakes of one configuration, told together: name, what was given (never a secret), what was expected,
 * how to mend it.
 */
export class Problems {
	readonly #lines: string[] = [];

	/** `mend` always wins over an example. */
	add(given: Given, { expected, example, mend, hide }: Mistake): void {
		const advice =
			mend ?? (example === undefined ? `correct ${given.name}` : `for example ${given.assign(example)}`);
		this.#lines.push(`${given.name} ${shown(given, hide === true)}, expected ${expected}: ${advice}`);
	}

	addLine(line: string): void {
		this.#lines.push(line);
	}

	get any(): boolean {
		return this.#lines.length > 0;
	}

	/** @throws ConfigError with all of them, each once. */
	throwIfAny(): void {
		if (this.any) throw new ConfigError([...new Set(this.#lines)]);
	}
}

function shown(given: Given, hide: boolean): string {
	if (given.mistake !== undefined) return 'cannot be used';
	if (given.text === undefined) return 'is not set';
	return given.secret || hide ? 'is set (not shown)' : `is ${quoted(withoutUserinfo(given.text))}`;
}

/**
 * The value, the default where it was not given, or `undefined`: none of the two, or a mistake, which is then
 * told.
 */
export function take<T>(
	given: Given,
	rule: { readonly default: string | null; readonly parse: Parser<T> },
	problems: Problems,
): T | undefined {
	if (given.mistake !== undefined) {
		problems.add(given, given.mistake);
		return undefined;
	}
	const text = given.text ?? rule.default;
	if (text === null) return undefined;
	const parsed = rule.parse(text);
	if ('value' in parsed) return parsed.value;
	problems.add(given, given.expected === undefined ? parsed : { ...parsed, expected: given.expected });
	return undefined;
}
