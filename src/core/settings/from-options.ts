/**
 * The library's options → the configuration: the rules of the variables under the options' own names, and all
 * mistakes in one error.
 */
import type { Logger } from '../log/logger.js';
import type { Meter } from '../meter.js';
import type { ParsedOptions } from './config.js';
import { doubtsOn } from './doubts.js';
import { clashesOf, PLACEHOLDER_HOST, resolvedAddr } from './entries.js';
import { SERVICE } from './environment/service-variables.js';
import { PROCESS } from './environment/variables.js';
import { fields, type OptionFields, option } from './option.js';
import { type AllOptions, DEFAULTS, type RegistrarOptions } from './options.js';
import { type Given, Problems, take } from './problems.js';
import { type EtcdGiven, etcdConfig } from './rules.js';
import { readServiceOptions } from './service-options.js';
import type { ReadFile } from './tls-files.js';

const OPTIONS: readonly (keyof RegistrarOptions)[] = [
	...(['endpoints', 'namespace', 'ttlSeconds', 'onConflict', 'services', 'auth', 'tls'] as const),
	...(['dialTimeoutMs', 'callTimeoutMs', 'stopTimeoutMs', 'logger', 'meter'] as const),
];

/** @throws ConfigError */
export function parseOptions(
	options: AllOptions,
	{ readFile }: { readonly readFile?: ReadFile } = {},
): ParsedOptions {
	const problems = new Problems();
	const root = fields('', options, OPTIONS, problems, ['hints']);
	const ttl = option('ttlSeconds', root.ttlSeconds, PROCESS.ttl);
	const { etcd, notes } = etcdConfig(etcdOptions(root, ttl, problems), problems, readFile);
	if (root.hints !== undefined && typeof root.hints !== 'boolean')
		problems.addLine('hints: expected true or false');
	const namespace = option('namespace', root.namespace, SERVICE.namespace);
	const services = readServices(root.services, namespace, problems);
	const parsed: ParsedOptions = {
		...etcd,
		namespace: take(namespace, problems),
		onConflict:
			take(option('onConflict', root.onConflict, PROCESS.onConflict), problems) ?? DEFAULTS.onConflict,
		services,
		stopTimeoutMs: take(option('stopTimeoutMs', root.stopTimeoutMs, PROCESS.stopTimeout), problems) ?? 0,
		logger: isLogger(root.logger, problems) ? root.logger : null,
		meter: isMeter(root.meter, problems) ? root.meter : null,
		hints: root.hints !== false,
		warnings: [
			...notes,
			...services.flatMap((service, at) =>
				doubtsOn(service, etcd, (setting) => `services[${at}].${setting}`),
			),
		],
	};
	problems.throwIfAny();
	return parsed;
}

/** How to reach etcd, as registrar and discovery are told. */
export function etcdOptions(root: OptionFields, ttl: Given<number>, problems: Problems): EtcdGiven {
	const auth = fields('auth', root.auth, ['username', 'password'], problems);
	const tls = fields('tls', root.tls, ['caFile', 'certFile', 'keyFile'], problems);
	const endpoints = option('endpoints', root.endpoints, PROCESS.endpoints);
	if (root.endpoints === undefined)
		problems.add(endpoints, {
			expected: 'one, since it is required',
			example: 'http://127.0.0.1:2379',
		});
	return {
		endpoints,
		username: option('auth.username', auth.username, PROCESS.username),
		password: { ...option('auth.password', auth.password, PROCESS.password), secret: true },
		caFile: option('tls.caFile', tls.caFile, PROCESS.caFile),
		certFile: option('tls.certFile', tls.certFile, PROCESS.certFile),
		keyFile: option('tls.keyFile', tls.keyFile, PROCESS.keyFile),
		dialTimeout: option('dialTimeoutMs', root.dialTimeoutMs, PROCESS.dialTimeout),
		callTimeout: option('callTimeoutMs', root.callTimeoutMs, PROCESS.callTimeout),
		ttl,
	};
}

function readServices(
	value: unknown,
	namespace: Given<string>,
	problems: Problems,
): ParsedOptions['services'] {
	if (!Array.isArray(value)) {
		problems.addLine(
			'services: expected an array of services: for example services: [{ name: "user", addr: "10.0.0.5:8080" }]',
		);
		return [];
	}
	const named = value.flatMap((service: unknown, index) => {
		const label = `services[${index}]`;
		const config = readServiceOptions(service, namespace, label, problems);
		return config === undefined ? [] : [{ config, label, addr: resolvedAddr(config, PLACEHOLDER_HOST) }];
	});
	for (const line of clashesOf(named))
		problems.addLine(`services: expected keys that do not meet, but ${line}`);
	return named.map(({ config }) => config);
}

function isMeter(value: unknown, problems: Problems): value is Meter {
	if (value === undefined) return false;
	const fits = hasMethods(value, ['createCounter', 'createHistogram', 'createObservableGauge']);
	if (!fits)
		problems.addLine(
			'meter: expected an OpenTelemetry meter: for example meter: metrics.getMeter("etcd-registrar")',
		);
	return fits;
}

function hasMethods(value: unknown, methods: readonly string[]): boolean {
	if (typeof value !== 'object' || value === null) return false;
	return methods.every((name) => typeof Reflect.get(value, name) === 'function');
}

export function isLogger(value: unknown, problems: Problems): value is Logger {
	if (value === undefined) return false;
	const fits = hasMethods(value, ['debug', 'info', 'warn', 'error']);
	if (!fits)
		problems.addLine(
			'logger: expected an object with the methods debug, info, warn and error: for example logger: console',
		);
	return fits;
}
