/** The environment → the configuration, or one error with everything that is wrong with it. */
import type { Config, EtcdConfig, ServiceConfig } from './config.js';
import { type DoubtedSetting, doubtsOn } from './doubts.js';
import { durationText } from './duration.js';
import { clashesOf, PLACEHOLDER_HOST, resolvedAddr } from './entries.js';
import { type Env, Environment, type EnvironmentOptions, type Source } from './environment.js';
import { type EtcdField, readEtcd } from './etcd.js';
import type { Label } from './labels.js';
import { type Given, Problems, take } from './problems.js';
import { readService, type ServiceField } from './service.js';
import { readMetadata, refuseForLabel, serviceNames } from './service-names.js';
import { warningsOn } from './typos.js';
import { META_PREFIX, PROCESS, SERVICE } from './variables.js';

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
	adoptEtcdctlUser(environment);
	const look = (field: keyof typeof PROCESS): Given => environment.given(PROCESS[field]);
	for (const variable of Object.values(PROCESS)) environment.given(variable);
	const { etcd, notes } = readEtcd((field: EtcdField) => look(field), problems, options.readFile);
	const onConflict = take(look('onConflict'), PROCESS.onConflict, problems) ?? 'take-over';
	const labels = take(look('labels'), PROCESS.labels, problems) ?? [];
	const services = readServices(environment, labels, problems);
	const config: Config = {
		...etcd,
		onConflict,
		services,
		http: take(look('http'), PROCESS.http, problems) ?? null,
		control: take(look('control'), PROCESS.control, problems) ?? null,
		startupTimeoutMs: take(look('startupTimeout'), PROCESS.startupTimeout, problems) ?? null,
		stopTimeoutMs: take(look('stopTimeout'), PROCESS.stopTimeout, problems) ?? 0,
		drainDelayMs: take(look('drainDelay'), PROCESS.drainDelay, problems) ?? 0,
		logLevel: take(look('logLevel'), PROCESS.logLevel, problems) ?? 'info',
		logFormat: take(look('logFormat'), PROCESS.logFormat, problems) ?? null,
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

/**
 * `ETCDCTL_USER=name` or `name:password`, as etcdctl reads it; a user name of our own leaves it aside whole.
 */
export function adoptEtcdctlUser(environment: Environment): void {
	const user = environment.get('ETCDCTL_USER');
	const isSet = (name: string): boolean =>
		environment.get(name) !== undefined || environment.get(`${name}_FILE`) !== undefined;
	if (user === undefined || isSet('ETCD_USERNAME') || isSet('ETCDCTL_USERNAME')) return;
	const [name = '', ...rest] = user.split(':');
	if (name !== '') environment.adopt(PROCESS.username, name, 'ETCDCTL_USER');
	if (rest.length > 0 && !isSet('ETCD_PASSWORD'))
		environment.adopt(PROCESS.password, rest.join(':'), 'ETCDCTL_USER');
}

function readServices(
	environment: Environment,
	labels: readonly Label[],
	problems: Problems,
): ServiceConfig[] {
	const services: ServiceConfig[] = [];
	for (const label of labels.length === 0 ? [null] : labels) {
		if (label !== null) refuseForLabel(environment, label, problems);
		const look = (field: ServiceField): Given =>
			environment.given(SERVICE[field], serviceNames(SERVICE[field], label));
		for (const variable of Object.values(SERVICE)) environment.given(variable, serviceNames(variable, label));
		const service = readService(
			{ label: label?.text ?? null, look, metadata: readMetadata(environment, label, problems) },
			problems,
		);
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
