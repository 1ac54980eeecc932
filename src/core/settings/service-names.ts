/**
 * Which variables a service reads: plain, or by its label first and the plain ones for what the label lacks.
 */
import type { Environment } from './environment.js';
import type { Label } from './labels.js';
import type { Given, Problems } from './problems.js';
import { META_PREFIX, PROCESS, type Variable } from './variables.js';

const PREFIX = 'SERVICE_';

export function labelled(name: string, label: Label): string {
	return `${PREFIX}${label.upper}_${name.slice(PREFIX.length)}`;
}

export function serviceNames(variable: Variable<unknown>, label: Label | null): readonly string[] {
	const plain = [variable.name, ...(variable.fallbacks ?? [])];
	return label === null ? plain : [labelled(variable.name, label), ...plain];
}

/** One lease, one interval, one policy for the whole process: set for a label they would do nothing. */
export function refuseForLabel(environment: Environment, label: Label, problems: Problems): void {
	for (const variable of [PROCESS.ttl, PROCESS.onConflict]) {
		const name = labelled(variable.name, label);
		if (environment.get(name) !== undefined) {
			problems.addLine(
				`${name} is set, expected ${variable.name} alone: it holds for the whole process; unset ${name} and set ${variable.name}`,
			);
		}
	}
}

/** `SERVICE_META_<KEY>`: lower-cased, `__` becomes `.`; what the label sets wins, key by key. */
export function readMetadata(
	environment: Environment,
	label: Label | null,
	problems: Problems,
): ReadonlyMap<string, Given> {
	const metadata = new Map<string, Given>();
	for (const prefix of label === null ? [META_PREFIX] : [META_PREFIX, labelled(META_PREFIX, label)]) {
		const own = new Map<string, Given>();
		for (const name of Object.keys(environment.env)
			.filter((candidate) => candidate.startsWith(prefix))
			.sort()) {
			const text = environment.get(name);
			if (text === undefined) continue;
			const key = name.slice(prefix.length).toLowerCase().replaceAll('__', '.');
			const rival = own.get(key);
			if (key === '')
				problems.addLine(`${name} has no key, expected one after ${prefix}: for example ${prefix}ZONE=a`);
			else if (rival !== undefined)
				problems.addLine(
					`${rival.name} and ${name} both set metadata "${key}", expected one of them: unset the other`,
				);
			else own.set(key, { name, text, assign: (example) => `${name}=${example}` });
		}
		for (const [key, given] of own) {
			metadata.set(key, given);
			environment.sources.push({
				name: given.name,
				value: given.text ?? null,
				from: environment.originOf(given.name),
			});
		}
	}
	return metadata;
}
