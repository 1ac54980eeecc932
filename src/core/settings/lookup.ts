/**
 * What `list` and `watch` need of the configuration: how to reach etcd and where services stand, but no
 * service of our own.
 */
import { FORMATS, type Format, type FormatName } from '../formats/index.js';
import type { EtcdConfig } from './config.js';
import { PLACEHOLDER_HOST } from './entries.js';
import { type Env, Environment, type EnvironmentOptions } from './environment.js';
import { type EtcdField, readEtcd } from './etcd.js';
import { adoptEtcdctlUser } from './from-environment.js';
import { Problems, take } from './problems.js';
import { serviceNames } from './service-names.js';
import { PROCESS, SERVICE, type Variable } from './variables.js';

/** One place to look: the services of a format in a namespace. */
export interface View {
	readonly format: FormatName;
	readonly namespace: string | undefined;
	/** Of our own service; where a format has no namespace, the only thing to go by. */
	readonly name: string | undefined;
}

export interface Lookup {
	readonly etcd: EtcdConfig;
	readonly views: readonly View[];
}

/** @throws ConfigError */
export function parseLookup(env: Env, options: EnvironmentOptions): Lookup {
	const problems = new Problems();
	const environment = new Environment(env, options, problems);
	adoptEtcdctlUser(environment);
	const { etcd } = readEtcd(
		(field: EtcdField) => environment.given(PROCESS[field]),
		problems,
		options.readFile,
	);
	const labels = take(environment.given(PROCESS.labels), PROCESS.labels, problems) ?? [];
	const views = (labels.length === 0 ? [null] : labels).flatMap((label) => {
		const read = <T>(variable: Variable<T>) =>
			take(environment.given(variable, serviceNames(variable, label)), variable, problems);
		const name = read(SERVICE.name);
		const namespace = read(SERVICE.namespace);
		const formats = read(SERVICE.format) ?? [];
		return formats.map((format) => ({ format, namespace, name }));
	});
	problems.throwIfAny();
	return { etcd, views };
}

/**
 * Where to look, none of them below another. With a name: the keys of that service. Without: whole
 * namespaces; a format that has none shows our own service, and where that is not known either, everything in
 * etcd.
 */
export function prefixesOf(views: readonly View[], name: string | null): readonly string[] {
	const all = new Set(views.map((view) => prefixOf(view, name)));
	return [...all].filter((prefix) => ![...all].some((other) => other !== prefix && prefix.startsWith(other)));
}

function prefixOf({ format: formatName, namespace, name: ownName }: View, name: string | null): string {
	const format: Format = FORMATS[formatName];
	const service = (called: string) =>
		({ name: called, addr: `${PLACEHOLDER_HOST}:1`, protocol: 'grpc', metadata: {} }) as const;
	if (name !== null) {
		const prefix = format.readsPrefix(service(name), namespace);
		return prefix.endsWith('/') ? prefix : `${prefix}/`;
	}
	if (format.defaultNamespace === null && namespace === undefined && ownName === undefined) return '';
	return format.fleetPrefix(service(ownName ?? 'any'), namespace);
}
