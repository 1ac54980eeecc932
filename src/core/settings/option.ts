/** One option: its value, judged by its kind, and its path as its name. */
import type { Given, Problems } from './problems.js';
import type { Kind } from './values/kinds.js';

/** What an option is judged by: of the variables, this is what options share. */
type Rule<T> = Pick<Kind<T>, 'accept'> & { readonly default?: T | undefined };

export function option<T>(path: string, value: unknown, rule: Rule<T>): Given<T> {
	const assign = (example: string) => `${path}: ${/^\d+$/.test(example) ? example : JSON.stringify(example)}`;
	const given = (parsed: Given<T>['parsed']) => ({ name: path, default: rule.default, assign, parsed });
	if (value === undefined) return given(undefined);
	const parsed = rule.accept(value);
	if (!('value' in parsed) && parsed.unusable === true)
		return given({ ...parsed, mend: `give ${path} as ${parsed.expected}` });
	return { ...given(parsed), written: typeof value === 'number' ? value : String(value) };
}

export type OptionFields = Readonly<Record<string, unknown>>;

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
): OptionFields {
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

export function isObject(value: unknown): value is OptionFields {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
