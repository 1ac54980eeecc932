import { ConfigError } from '../errors.js';
import { type Mistake, type Parsed, quoted, withoutUserinfo } from './values/kinds.js';

/** One setting as it was given, by a variable or by an option: its value, and how to speak of it. */
export interface Given<T> {
	/** The variable's name, or the option's path. */
	readonly name: string;
	/** What was given, judged; `undefined` = nothing was. */
	readonly parsed: Parsed<T> | undefined;
	/** What holds where nothing was given; `undefined` = nothing does. */
	readonly default: T | undefined;
	/** What was given, as it was written. */
	readonly written?: string | number;
	/** Another program's variable, read for want of ours: what does not fit is capped, not refused. */
	readonly fallback?: boolean;
	/** Never printed. */
	readonly secret?: boolean;
	/** The file that holds the value. */
	readonly file?: string;
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
	add(given: Given<unknown>, mistake: Mistake): void {
		const { expected, example } = mistake;
		const advice =
			mistake.mend ??
			(example === undefined ? `correct ${given.name}` : `for example ${given.assign(example)}`);
		this.#lines.push(`${given.name} ${shown(given, mistake)}, expected ${expected}: ${advice}`);
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

function shown({ parsed, written, secret }: Given<unknown>, { unusable, hide }: Mistake): string {
	if (unusable === true) return 'cannot be used';
	if (parsed === undefined) return 'is not set';
	if (secret === true || hide === true || written === undefined) return 'is set (not shown)';
	return `is ${typeof written === 'number' ? written : quoted(withoutUserinfo(written))}`;
}

/**
 * The value, the default where it was not given, or `undefined`: none of the two, or a mistake, which is then
 * told.
 */
export function take<T>(given: Given<T>, problems: Problems): T | undefined {
	if (given.parsed === undefined) return given.default;
	if ('value' in given.parsed) return given.parsed.value;
	problems.add(given, given.parsed);
	return undefined;
}
