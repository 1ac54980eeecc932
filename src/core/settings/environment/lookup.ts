/**
 * What `list` and `watch` need of the configuration: how to reach etcd and where services stand, but no
 * service of our own.
 */
import { FORMATS, type Format, type FormatName } from '../../formats/index.js';
import type { EtcdConfig } from '../config.js';
import { PLACEHOLDER_HOST } from '../entries.js';
import { Problems, take } from '../problems.js';
import { etcdConfig } from '../rules.js';
import { type Env, Environment, type EnvironmentOptions } from './environment.js';
import { SERVICE } from './service-variables.js';
import { PROCESS } from './variables.js';

/** One place to read: the services of a format in a namespace. */
export interface LookupView {
	readonly format: FormatName;
	readonly namespace: string | undefined;
	/** Of our own service; where a format has no namespace, the only thing to go by. */
	readonly name: string | undefined;
}

export interface Lookup {
	readonly etcd: EtcdConfig;
	readonly views: readonly LookupView[];
}

/** @throws ConfigError */
export function parseLookup(env: Env, options: EnvironmentOptions): Lookup {
	const problems = new Problems();
	const environment = new Environment(env, options, problems);
	const given = environment.read(PROCESS);
	const { etcd } = etcdConfig(given, problems, options.readFile);
	const labels = take(given.labels, problems) ?? [];
	const views = (labels.length === 0 ? [null] : labels).flatMap((label) => {
		const { name: named, namespace: space, format: formats } = environment.read(SERVICE, label);
		const [name, namespace] = [take(named, problems), take(space, problems)];
		return (take(formats, problems) ?? []).map((format) => ({ format, namespace, name }));
	});
	problems.throwIfAny();
	return { etcd, views };
}

/**
 * What to read, none of them below another. With a name: the keys of that service. Without: whole
 * namespaces; a format that has none shows our own service, and where that is not known either, everything in
 * etcd.
 */
export function prefixesOf(views: readonly LookupView[], name: string | null): readonly string[] {
	const all = new Set(views.map((view) => prefixOf(view, name)));
	return [...all].filter((prefix) => ![...all].some((other) => other !== prefix && prefix.startsWith(other)));
}

function prefixOf({ format: formatName, namespace, name: ownName }: LookupView, name: string | null): string {
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
