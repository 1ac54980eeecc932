import type { ServiceConfig } from './config.js';
import { fields, isObject, option } from './option.js';
import type { ServiceOptions } from './options.js';
import { type Given, Problems } from './problems.js';
import { readService, type ServiceField } from './service.js';

const SERVICE_OPTIONS: readonly (keyof ServiceOptions)[] = [
	'name',
	'addr',
	'protocol',
	'id',
	'version',
	'weight',
	'metadata',
	'formats',
	'check',
];
const CHECK_OPTIONS = ['target', 'intervalMs', 'timeoutMs', 'rise', 'fall', 'minHealthy'];

/** One service alone, as `add` takes it. @throws ConfigError */
export function parseService(
	service: ServiceOptions,
	namespace: string | undefined,
	path = 'service',
): ServiceConfig {
	const problems = new Problems();
	const config = readServiceOptions(service, option('namespace', namespace, 'text'), path, problems);
	problems.throwIfAny();
	if (config === undefined) throw new TypeError('a service without name or address has no problem');
	return config;
}

export function readServiceOptions(
	value: unknown,
	namespace: Given,
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
	const check = isObject(service.check)
		? fields(`${path}.check`, service.check, CHECK_OPTIONS, problems)
		: { target: service.check };
	const targetPath = isObject(service.check) ? `${path}.check.target` : `${path}.check`;
	if (isObject(service.check) && service.check.target === undefined) {
		problems.addLine(
			`${targetPath} is not set, expected what to check: for example ${targetPath}: "tcp://127.0.0.1:8080"`,
		);
	}
	const weight = service.weight;
	const look = (field: ServiceField): Given => {
		switch (field) {
			case 'name':
			case 'addr':
			case 'protocol':
			case 'id':
			case 'version':
				return option(`${path}.${field}`, service[field], 'text');
			case 'weight':
				return option(`${path}.weight`, typeof weight === 'function' ? undefined : weight, 'weight');
			case 'format':
				return option(`${path}.formats`, service.formats, 'list');
			case 'namespace':
				return namespace;
			case 'host':
				return option(`${path}.host`, undefined, 'text');
			case 'check':
				return option(targetPath, check.target, 'text');
			case 'checkInterval':
				return option(`${path}.check.intervalMs`, check.intervalMs, 'milliseconds');
			case 'checkTimeout':
				return option(`${path}.check.timeoutMs`, check.timeoutMs, 'milliseconds');
			case 'checkRise':
				return option(`${path}.check.rise`, check.rise, 'number');
			case 'checkFall':
				return option(`${path}.check.fall`, check.fall, 'number');
			case 'checkMinHealthy':
				return option(`${path}.check.minHealthy`, check.minHealthy, 'share');
		}
	};
	const metadata = readMetadata(`${path}.metadata`, service.metadata, problems);
	const config = readService({ label: null, look, metadata }, problems);
	return config !== undefined && isWeightFunction(weight) ? { ...config, weight } : config;
}

function isWeightFunction(value: unknown): value is () => number {
	return typeof value === 'function';
}

function readMetadata(path: string, value: unknown, problems: Problems): ReadonlyMap<string, Given> {
	const metadata = new Map<string, Given>();
	if (value === undefined) return metadata;
	if (!isObject(value)) {
		problems.addLine(`${path}: expected an object of strings: for example { zone: "a" }`);
		return metadata;
	}
	for (const [key, text] of Object.entries(value)) {
		if (typeof text === 'string' && key !== '') metadata.set(key, option(`${path}.${key}`, text, 'text'));
		else problems.addLine(`${path}.${key}: expected a key and a string: for example { zone: "a" }`);
	}
	return metadata;
}
