/**
 * The library's options: the rules of the variables under the options' own names, and all mistakes in one
 * error.
 */

import type { Logger } from '../logger.js';
import type { Meter } from '../meter.js';
import { doubtsOn } from './doubts.js';
import { clashesOf, PLACEHOLDER_HOST, resolvedAddr } from './entries.js';
import { type EtcdField, type ReadFile, readEtcd } from './etcd.js';
import { fields, type Kind, option } from './option.js';
import type { AllOptions, ParsedOptions, RegistrarOptions } from './options.js';
import { type Given, Problems, take } from './problems.js';
import { readServiceOptions } from './service-options.js';
import { PROCESS, SERVICE } from './variables.js';

export type {
	CheckOptions,
	ParsedOptions,
	RegistrarOptions,
	ServiceOptions,
	Weight,
} from './options.js';
export { parseService } from './service-options.js';

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
	const auth = fields('auth', root.auth, ['username', 'password'], problems);
	const tls = fields('tls', root.tls, ['caFile', 'certFile', 'keyFile'], problems);
	const places: Readonly<Record<EtcdField, readonly [path: string, value: unknown, kind: Kind]>> = {
		endpoints: ['endpoints', root.endpoints, 'list'],
		username: ['auth.username', auth.username, 'text'],
		password: ['auth.password', auth.password, 'text'],
		caFile: ['tls.caFile', tls.caFile, 'text'],
		certFile: ['tls.certFile', tls.certFile, 'text'],
		keyFile: ['tls.keyFile', tls.keyFile, 'text'],
		dialTimeout: ['dialTimeoutMs', root.dialTimeoutMs, 'milliseconds'],
		callTimeout: ['callTimeoutMs', root.callTimeoutMs, 'milliseconds'],
		ttl: ['ttlSeconds', root.ttlSeconds, 'number'],
	};
	const { etcd, notes } = readEtcd((field) => option(...places[field]), problems, readFile);
	if (root.endpoints === undefined)
		problems.add(option(...places.endpoints), {
			expected: 'one, since it is required',
			example: 'http://127.0.0.1:2379',
		});
	if (root.hints !== undefined && typeof root.hints !== 'boolean')
		problems.addLine('hints: expected true or false');
	const namespace = option('namespace', root.namespace, 'text');
	const services = readServices(root.services, namespace, problems);
	const parsed: ParsedOptions = {
		...etcd,
		namespace: take(namespace, SERVICE.namespace, problems),
		onConflict:
			take(option('onConflict', root.onConflict, 'text'), PROCESS.onConflict, problems) ?? 'take-over',
		services,
		stopTimeoutMs:
			take(option('stopTimeoutMs', root.stopTimeoutMs, 'milliseconds'), PROCESS.stopTimeout, problems) ?? 0,
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

function readServices(value: unknown, namespace: Given, problems: Problems): ParsedOptions['services'] {
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
