/**
 * Reads variables: which of several names is set and where, secrets from files, what etcdctl's variables say;
 * and keeps a record of it all for people.
 */
import type { Given, Problems } from '../problems.js';
import { type ReadFile, reasonOf } from '../tls-files.js';
import { durationText, goDuration, LONGEST_MS } from '../values/durations.js';
import { type Mistake, type Parsed, quoted, withoutUserinfo } from '../values/kinds.js';
import { type Label, labelled } from './labels.js';
import { defaultText, PROCESS, type Variable } from './variables.js';

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

/** What each variable of a table was given. */
export type GivenOf<Table> = {
	readonly [Field in keyof Table]: Table[Field] extends Variable<infer T> ? Given<T> : never;
};

/** A longer time is rarely meant. */
const QUESTIONED_MS = 600_000;

type Found<T> = Omit<Given<T>, 'parsed' | 'default'> & { readonly parsed: Parsed<T> };

export class Environment {
	readonly sources: Source[] = [];
	/** What was left aside or capped. */
	readonly warnings: string[] = [];
	/** Texts for variables that are not set themselves. */
	readonly #adopted = new Map<string, string>();

	constructor(
		readonly env: Env,
		private readonly options: EnvironmentOptions,
		private readonly problems: Problems,
	) {
		this.#adoptEtcdctlUser();
	}

	/** Empty = unset. */
	get(name: string): string | undefined {
		return this.env[name] || undefined;
	}

	/** Each variable of the table, by the label's own name first; to be called once for a table and a label. */
	read<Table extends Readonly<Record<string, Variable<unknown>>>>(
		table: Table,
		label: Label | null = null,
	): GivenOf<Table> {
		const fields = Object.entries(table).map(([field, variable]) => [field, this.#given(variable, label)]);
		// Object.entries keeps no relation between a field and the type of its value.
		return Object.fromEntries(fields) as GivenOf<Table>;
	}

	originOf(name: string): Origin {
		return this.options.sourceOf?.(name) ?? 'environment';
	}

	#given<T>(variable: Variable<T>, label: Label | null): Given<T> {
		const plain = [variable.name, ...(variable.fallbacks ?? [])];
		const own = label === null ? variable.name : labelled(variable.name, label);
		const found = this.#find(variable, label === null ? plain : [own, ...plain]);
		this.#record(own, variable, found);
		if (found !== undefined) return { ...found, default: variable.default };
		const name = label === null ? own : `${own} (or ${variable.name})`;
		return { name, parsed: undefined, default: variable.default, assign: assignmentTo(own) };
	}

	#find<T>(variable: Variable<T>, names: readonly string[]): Found<T> | undefined {
		for (const name of names) {
			const written = this.get(name);
			const path = variable.fromFile === true ? this.get(`${name}_FILE`) : undefined;
			if (path !== undefined && written === undefined) return this.#fromFile(variable, `${name}_FILE`, path);
			if (path !== undefined)
				this.problems.addLine(
					`${name} and ${name}_FILE are both set, expected one of them: unset ${name} or ${name}_FILE`,
				);
			if (written === undefined) continue;
			const fallback = variable.isDuration === true && (variable.fallbacks ?? []).includes(name);
			const parsed = fallback ? this.#fittingDuration(variable, name, written) : variable.parse(written);
			if (parsed !== null)
				return {
					name,
					written,
					parsed,
					fallback,
					secret: variable.secret === true,
					assign: assignmentTo(name),
				};
		}
		const adopted = this.#adopted.get(variable.name);
		if (adopted === undefined) return undefined;
		const parsed = variable.parse(adopted);
		const assign = assignmentTo(variable.name);
		return { name: 'ETCDCTL_USER', written: adopted, parsed, secret: true, assign };
	}

	/** `null` = left aside. */
	#fittingDuration<T>(variable: Variable<T>, name: string, text: string): Parsed<T> | null {
		const parsed = variable.parse(text);
		if ('value' in parsed) return parsed;
		const ms = goDuration(text);
		if (ms !== null && ms <= LONGEST_MS) return variable.accept(ms);
		const what = ms === null ? 'it is left aside' : 'a day is taken';
		this.warnings.push(`${name} is ${quoted(text)}, which does not fit ${variable.name}: ${what}`);
		return ms === null ? null : variable.accept(LONGEST_MS);
	}

	#fromFile<T>(variable: Variable<T>, name: string, path: string): Found<T> {
		const given = { name, secret: true, assign: () => `${name}=/run/secrets/etcd` };
		const wrong = (mistake: Mistake): Found<T> => ({ ...given, parsed: { ...mistake, unusable: true } });
		const expected = `the path of a readable file that holds ${variable.name}`;
		// Only what looks like a path is shown: people put the secret itself here.
		const shown = /^\.{0,2}\//.test(path) ? quoted(path) : 'what it is set to (not shown)';
		const mend = `name a file that is there and that this user may read, and not ${shown}`;
		if (this.options.readFile === undefined) return wrong({ expected, mend });
		try {
			const text = this.options.readFile(path).replace(/\r?\n$/, '');
			return text === ''
				? wrong({ expected: `${expected} (it is empty)`, mend: `write the value into ${shown}` })
				: { ...given, written: text, parsed: variable.parse(text), file: path };
		} catch (error) {
			return wrong({ expected: `${expected} (${reasonOf(error)})`, mend });
		}
	}

	/**
	 * `ETCDCTL_USER=name` or `name:password`, as etcdctl reads it; a user name of our own leaves it aside
	 * whole.
	 */
	#adoptEtcdctlUser(): void {
		const user = this.get('ETCDCTL_USER');
		const isSet = (name: string) => this.get(name) !== undefined || this.get(`${name}_FILE`) !== undefined;
		if (user === undefined || isSet('ETCD_USERNAME') || isSet('ETCDCTL_USERNAME')) return;
		const [name = '', ...password] = user.split(':');
		if (name !== '') this.#adopted.set(PROCESS.username.name, name);
		if (password.length > 0 && !isSet('ETCD_PASSWORD'))
			this.#adopted.set(PROCESS.password.name, password.join(':'));
	}

	#record<T>(own: string, variable: Variable<T>, found: Found<T> | undefined): void {
		if (found === undefined) {
			const value = defaultText(variable);
			this.sources.push({ name: own, value, from: value === null ? 'unset' : 'default' });
			return;
		}
		const { name, written, parsed } = found;
		const isShown = variable.secret !== true && typeof written === 'string' && !('unusable' in parsed);
		const value = isShown ? withoutUserinfo(this.#understood(own, variable, written, parsed)) : '(set)';
		const via = name === own ? {} : { via: name };
		this.sources.push({ name: own, value, from: this.originOf(name), ...via });
	}

	/** A bare number is seconds: a duration is shown with its unit, and who meant milliseconds is asked. */
	#understood<T>(own: string, variable: Variable<T>, text: string, parsed: Parsed<T>): string {
		if (variable.isDuration !== true || !('value' in parsed) || typeof parsed.value !== 'number') return text;
		const shown = durationText(parsed.value);
		if (parsed.value > QUESTIONED_MS && /^\d+$/.test(text))
			this.warnings.push(`${own} is ${quoted(text)}, that is ${shown}: did you mean ${text}ms?`);
		else if (parsed.value > QUESTIONED_MS)
			this.warnings.push(`${own} is ${quoted(text)}, more than ten minutes: is that meant?`);
		return shown;
	}
}

const assignmentTo = (name: string) => (example: string) => `${name}=${example}`;
