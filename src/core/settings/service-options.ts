/** One service by the library's options. */
import type { ServiceConfig } from './config.js';
import { SERVICE } from './environment/service-variables.js';
import { fields, isObject, type OptionFields, option } from './option.js';
import type { CheckOptions, ServiceOptions } from './options.js';
import { type Given, Problems } from './problems.js';
import { type MetadataGiven, type ServiceGiven, serviceConfig } from './service-rules.js';

const SERVICE_OPTIONS: readonly (keyof ServiceOptions)[] = [
	...(['name', 'addr', 'protocol', 'id', 'version', 'weight', 'metadata', 'formats', 'check'] as const),
];
const CHECK_OPTIONS: readonly (keyof CheckOptions)[] = [
	'target',
	'intervalMs',
	'timeoutMs',
	'rise',
	'fall',
	'minHealthy',
];

/** One service alone, as `add` takes it. @throws ConfigError */
export function parseService(
	service: ServiceOptions,
	namespace: string | undefined,
	path = 'service',
): ServiceConfig {
	const problems = new Problems();
	const config = readServiceOptions(
		service,
		option('namespace', namespace, SERVICE.namespace),
		path,
		problems,
	);
	problems.throwIfAny();
	if (config === undefined) throw new TypeError('a service without name or address has no problem');
	return config;
}

export function readServiceOptions(
	value: unknown,
	namespace: Given<string>,
	path: string,
	problems: Problems,
): ServiceConfig | undefined {
	if (!isObject(value)) {
		problems.addLine(
			`${path}: expected an object with name and addr: for example { name: "user", addr: "10.0.0.5:8080" }`,
		);
		return undefined;
	}
	const service = fields(path, value, SERVICE_OPTIONS, problems);
	const given: ServiceGiven = {
		name: option(`${path}.name`, service.name, SERVICE.name),
		addr: option(`${path}.addr`, service.addr, SERVICE.addr),
		host: option(`${path}.host`, undefined, SERVICE.host),
		namespace,
		protocol: option(`${path}.protocol`, service.protocol, SERVICE.protocol),
		format: option(`${path}.formats`, service.formats, SERVICE.format),
		id: option(`${path}.id`, service.id, SERVICE.id),
		version: option(`${path}.version`, service.version, SERVICE.version),
		weight: option(`${path}.weight`, service.weight, SERVICE.weight),
		...readCheck(`${path}.check`, service.check, problems),
	};
	return serviceConfig(null, given, readMetadata(`${path}.metadata`, service.metadata, problems), problems);
}

/** A target alone, or with its timing. */
function readCheck(path: string, value: unknown, problems: Problems) {
	const check: OptionFields = isObject(value)
		? fields(path, value, CHECK_OPTIONS, problems)
		: { target: value };
	const target = isObject(value) ? `${path}.target` : path;
	if (isObject(value) && value.target === undefined)
		problems.addLine(
			`${target} is not set, expected what to check: for example ${target}: "tcp://127.0.0.1:8080"`,
		);
	return {
		check: option(target, check.target, SERVICE.check),
		checkInterval: option(`${path}.intervalMs`, check.intervalMs, SERVICE.checkInterval),
		checkTimeout: option(`${path}.timeoutMs`, check.timeoutMs, SERVICE.checkTimeout),
		checkRise: option(`${path}.rise`, check.rise, SERVICE.checkRise),
		checkFall: option(`${path}.fall`, check.fall, SERVICE.checkFall),
		checkMinHealthy: option(`${path}.minHealthy`, check.minHealthy, SERVICE.checkMinHealthy),
	};
}

function readMetadata(path: string, value: unknown, problems: Problems): MetadataGiven {
	const metadata = new Map<string, Given<string>>();
	if (value === undefined) return metadata;
	if (!isObject(value)) {
		problems.addLine(`${path}: expected an object of strings: for example { zone: "a" }`);
		return metadata;
	}
	for (const [key, text] of Object.entries(value)) {
		if (typeof text === 'string' && key !== '')
			metadata.set(key, option(`${path}.${key}`, text, { accept: () => ({ value: text }) }));
		else problems.addLine(`${path}.${key}: expected a key and a string: for example { zone: "a" }`);
	}
	return metadata;
}
