/**
 * Looking variables up: what is set, under which name, from where; files in place of secrets; and a record of
 * it all.
 */

import { durationText, goDuration, LONGEST_MS } from './duration.js';
import { type Mistake, quoted, withoutUserinfo } from './parsed.js';
import type { Given, Problems } from './problems.js';
import { type ReadFile, reasonOf } from './tls-files.js';
import type { Variable } from './variables.js';

export type Env = Readonly<Record<string, string | undefined>>;
/** The environment proper, or the `.env` file. */
export type Origin = 'environment' | 'file';

/** One resolved setting for people. */
export interface Source {
	readonly name: string;
	/** As it would be typed; `null` = nothing; secrets are shown as `(set)`. */
	readonly value: string | null;
	readonly from: Origin | 'default' | 'unset';
	/**
	 * The variable that was read, where it is another one: a fallback, a `_FILE`, the plain name behind a
	 * label.
	 */
	readonly via?: string;
}

export interface EnvironmentOptions {
	/** Throws where the file cannot be read. Without it files are taken on trust, and `_FILE` is refused. */
	readonly readFile?: ReadFile;
	readonly sourceOf?: (name: string) => Origin;
}

/** A longer time is rarely meant. */
const QUESTIONED_MS = 600_000;

interface Found {
	readonly name: string;
	readonly given: Given;
}

export class Environment {
	readonly sources: Source[] = [];
	/** What was left aside or capped. */
	readonly warnings: string[] = [];
	readonly #seen = new Map<string, Given>();
	readonly #adopted = new Map<string, Found>();

	constructor(
		readonly env: Env,
		private readonly options: EnvironmentOptions,
		private readonly problems: Problems,
	) {}

	/** Empty = unset. */
	get(name: string): string | undefined {
		return this.env[name] || undefined;
	}

	/** The first of the names that is set. Asked twice, it answers the same and records it once. */
	given(
		variable: Variable<unknown>,
		names: readonly string[] = [variable.name, ...(variable.fallbacks ?? [])],
	): Given {
		const own = names[0] ?? variable.name;
		const known = this.#seen.get(own);
		if (known !== undefined) return known;
		const found = this.#find(variable, names);
		const plain = names.includes(variable.name) && own !== variable.name ? ` (or ${variable.name})` : '';
		const given: Given = found?.given ?? unset(`${own}${plain}`, own);
		this.#seen.set(own, given);
		this.#record(own, variable, given.text, found?.name);
		return given;
	}

	/** Takes part of a variable that is not in the table for one that is and that is not set itself. */
	adopt(variable: Variable<unknown>, text: string, via: string): void {
		const given: Given = {
			name: via,
			text,
			secret: true,
			assign: (example) => `${variable.name}=${example}`,
		};
		this.#adopted.set(variable.name, { name: via, given });
	}

	originOf(name: string): Origin {
		return this.options.sourceOf?.(name) ?? 'environment';
	}

	#find(variable: Variable<unknown>, names: readonly string[]): Found | undefined {
		for (const name of names) {
			const text = this.get(name);
			const file = variable.fromFile === true ? this.get(`${name}_FILE`) : undefined;
			if (file !== undefined) {
				const given = this.#fromFile(variable, `${name}_FILE`, file);
				if (text === undefined) return { name: `${name}_FILE`, given };
				this.problems.addLine(
					`${name} and ${name}_FILE are both set, expected one of them: unset ${name} or ${name}_FILE`,
				);
			}
			if (text === undefined) continue;
			const given: Given = {
				...{ name, text, secret: variable.secret === true },
				assign: (example) => `${name}=${example}`,
			};
			if (variable.isDuration !== true || !(variable.fallbacks ?? []).includes(name)) return { name, given };
			const fitting = this.#fittingDuration(variable, name, text);
			if (fitting !== null) return { name, given: { ...given, text: fitting, fallback: true } };
		}
		return this.#adopted.get(variable.name);
	}

	/** `null` = left aside. */
	#fittingDuration(variable: Variable<unknown>, name: string, text: string): string | null {
		if ('value' in variable.parse(text)) return text;
		const ms = goDuration(text);
		if (ms !== null && ms <= LONGEST_MS) return `${ms}ms`;
		const what = ms === null ? 'it is left aside' : 'a day is taken';
		this.warnings.push(`${name} is ${quoted(text)}, which does not fit ${variable.name}: ${what}`);
		return ms === null ? null : `${LONGEST_MS}ms`;
	}

	#fromFile(variable: Variable<unknown>, name: string, path: string): Given {
		const given = { name, secret: true, assign: () => `${name}=/run/secrets/etcd` };
		const wrong = (mistake: Mistake): Given => ({ ...given, text: undefined, mistake });
		const expected = `the path of a readable file that holds ${variable.name}`;
		// Only what looks like a path is shown: people put the secret itself here.
		const shown = /^\.{0,2}\//.test(path) ? quoted(path) : 'what it is set to (not shown)';
		const mend = `name a file that is there and that this user may read, and not ${shown}`;
		if (this.options.readFile === undefined) return wrong({ expected, mend });
		try {
			const text = this.options.readFile(path).replace(/\r?\n$/, '');
			return text === ''
				? wrong({ expected: `${expected} (it is empty)`, mend: `write the value into ${shown}` })
				: { ...given, text, file: path };
		} catch (error) {
			return wrong({ expected: `${expected} (${reasonOf(error)})`, mend });
		}
	}

	/** As it is understood: a bare number is seconds, and who meant milliseconds is asked. */
	#duration(own: string, variable: Variable<unknown>, text: string): string {
		const parsed = variable.parse(text);
		if (!('value' in parsed) || typeof parsed.value !== 'number') return text;
		const shown = durationText(parsed.value);
		if (parsed.value > QUESTIONED_MS && /^\d+$/.test(text))
			this.warnings.push(`${own} is ${quoted(text)}, that is ${shown}: did you mean ${text}ms?`);
		else if (parsed.value > QUESTIONED_MS)
			this.warnings.push(`${own} is ${quoted(text)}, more than ten minutes: is that meant?`);
		return shown;
	}

	#record(
		own: string,
		variable: Variable<unknown>,
		text: string | undefined,
		found: string | undefined,
	): void {
		const via = found === undefined || found === own ? {} : { via: found };
		const value =
			found === undefined
				? variable.default
				: variable.secret === true || text === undefined
					? '(set)'
					: withoutUserinfo(variable.isDuration === true ? this.#duration(own, variable, text) : text);
		const from =
			found === undefined ? (variable.default === null ? 'unset' : 'default') : this.originOf(found);
		this.sources.push({ name: own, value, from, ...via });
	}
}

function unset(name: string, own: string): Given {
	return { name, text: undefined, assign: (example) => `${own}=${example}` };
}
