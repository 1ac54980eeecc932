/** The environment → the configuration, or one error with everything that is wrong with it. */
import type { Config, EtcdConfig, ServiceConfig } from './config.js';
import { type DoubtedSetting, doubtsOn } from './doubts.js';
import { clashesOf, PLACEHOLDER_HOST, resolvedAddr } from './entries.js';
import { type Env, Environment, type EnvironmentOptions, type Source } from './environment/environment.js';
import { type Label, labelled } from './environment/labels.js';
import { META_PREFIX, SERVICE } from './environment/service-variables.js';
import { warningsOn } from './environment/typos.js';
import { PROCESS } from './environment/variables.js';
import { DEFAULTS } from './options.js';
import { type Given, Problems, take } from './problems.js';
import { etcdConfig } from './rules.js';
import { type MetadataGiven, serviceConfig } from './service-rules.js';
import { durationText } from './values/durations.js';

export interface ParsedConfig {
	readonly config: Config;
	/** Every setting with its value and where it is from, in the order of the table. */
	readonly sources: readonly Source[];
	/** What is no mistake for sure but looks like one: told once at the start. */
	readonly warnings: readonly string[];
}

/** @throws ConfigError */
export function parseConfig(env: Env, options: EnvironmentOptions = {}): ParsedConfig {
	const problems = new Problems();
	const environment = new Environment(env, options, problems);
	const given = environment.read(PROCESS);
	const { etcd, notes } = etcdConfig(given, problems, options.readFile);
	const onConflict = take(given.onConflict, problems) ?? DEFAULTS.onConflict;
	const labels = take(given.labels, problems) ?? [];
	const services = readServices(environment, labels, problems);
	const config: Config = {
		...etcd,
		onConflict,
		services,
		http: take(given.http, problems) ?? null,
		control: take(given.control, problems) ?? null,
		startupTimeoutMs: take(given.startupTimeout, problems) ?? null,
		stopTimeoutMs: take(given.stopTimeout, problems) ?? 0,
		drainDelayMs: take(given.drainDelay, problems) ?? 0,
		logLevel: take(given.logLevel, problems) ?? DEFAULTS.logLevel,
		logFormat: take(given.logFormat, problems) ?? null,
	};
	const warnings = [
		...environment.warnings,
		...notes,
		...warningsOn(env, labels),
		...services.flatMap((service) => doubtsOn(service, etcd, namesOf(service))),
	];
	if (problems.any)
		for (const warning of warnings.filter((line) => line.includes('did you mean'))) problems.addLine(warning);
	problems.throwIfAny();
	return { config, sources: environment.sources.map((source) => inForce(source, etcd)), warnings };
}

/** Of the settings of one service. */
function namesOf({ label }: ServiceConfig): (setting: DoubtedSetting) => string {
	const whose = label === null ? '' : ` (label ${label})`;
	return (setting) =>
		setting === 'metadata' ? `${META_PREFIX}…${whose}` : `${SERVICE[setting].name}${whose}`;
}

/** Two settings bend to others; people are shown what holds. */
function inForce(source: Source, { callTimeoutMs, endpoints }: EtcdConfig): Source {
	if (source.name === PROCESS.callTimeout.name) return { ...source, value: durationText(callTimeoutMs) };
	return source.from === 'default' && source.name === PROCESS.endpoints.name
		? { ...source, value: endpoints.join(',') }
		: source;
}

function readServices(
	environment: Environment,
	labels: readonly Label[],
	problems: Problems,
): ServiceConfig[] {
	const services: ServiceConfig[] = [];
	for (const label of labels.length === 0 ? [null] : labels) {
		if (label !== null) refuseForLabel(environment, label, problems);
		const given = environment.read(SERVICE, label);
		const metadata = readMetadata(environment, label, problems);
		const service = serviceConfig(label?.text ?? null, given, metadata, problems);
		if (service !== undefined) services.push(service);
	}
	// The host of a wildcard is not known yet; it is the same for all that have none of their own.
	const named = services.map((config) => ({
		config,
		addr: resolvedAddr(config, PLACEHOLDER_HOST),
		label: config.label === null ? 'the service' : `label ${config.label}`,
	}));
	const where = labels.length === 0 ? 'SERVICE_FORMAT' : 'SERVICES';
	for (const line of clashesOf(named))
		problems.addLine(`${where}: expected keys that do not meet, but ${line}`);
	return services;
}

/** One lease, one interval, one policy for the whole process: set for a label they would do nothing. */
function refuseForLabel(environment: Environment, label: Label, problems: Problems): void {
	for (const variable of [PROCESS.ttl, PROCESS.onConflict]) {
		const name = labelled(variable.name, label);
		if (environment.get(name) !== undefined)
			problems.addLine(
				`${name} is set, expected ${variable.name} alone: it holds for the whole process; unset ${name} and set ${variable.name}`,
			);
	}
}

/** `SERVICE_META_<KEY>`: lower-cased, `__` becomes `.`; what the label sets wins, key by key. */
function readMetadata(environment: Environment, label: Label | null, problems: Problems): MetadataGiven {
	const prefixes = label === null ? [META_PREFIX] : [META_PREFIX, labelled(META_PREFIX, label)];
	return new Map(prefixes.flatMap((prefix) => [...metadataBelow(prefix, environment, problems)]));
}

function metadataBelow(prefix: string, environment: Environment, problems: Problems): MetadataGiven {
	const found = new Map<string, Given<string>>();
	const names = Object.keys(environment.env).filter((name) => name.startsWith(prefix));
	for (const name of names.sort()) {
		const value = environment.get(name);
		if (value === undefined) continue;
		const key = name.slice(prefix.length).toLowerCase().replaceAll('__', '.');
		const other = found.get(key);
		if (key === '')
			problems.addLine(`${name} has no key, expected one after ${prefix}: for example ${prefix}ZONE=a`);
		else if (other !== undefined)
			problems.addLine(
				`${other.name} and ${name} both set metadata "${key}", expected one of them: unset the other`,
			);
		else {
			const assign = (example: string) => `${name}=${example}`;
			found.set(key, { name, parsed: { value }, default: undefined, written: value, assign });
			// What holds for every label is read once for each.
			if (!environment.sources.some((source) => source.name === name))
				environment.sources.push({ name, value, from: environment.originOf(name) });
		}
	}
	return found;
}
