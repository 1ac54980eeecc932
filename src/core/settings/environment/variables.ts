/**
 * The variables of the whole process: the one place of each name, kind and meaning. docs/configuration.md and
 * `.env.example` are tested against this table and that of the services (`service-variables.ts`).
 */
import { CONFLICT_POLICIES } from '../../registration.js';
import { LOG_FORMATS, LOG_LEVELS } from '../config.js';
import { DEFAULTS, type SettingNames } from '../options.js';
import { duration, durationOrOff } from '../values/durations.js';
import { type Endpoint, ETCD_PORT, endpoints } from '../values/endpoints.js';
import { filled, type Kind, oneOf, wholeNumber } from '../values/kinds.js';
import { bindAddress, socketPath } from '../values/listening.js';
import { labels } from './labels.js';

export interface Variable<T> extends Kind<T> {
	readonly name: string;
	/** `undefined` = there is none. */
	readonly default: T | undefined;
	/** One sentence for people. */
	readonly meaning: string;
	/** Where the default is more than a value: how it is told. */
	readonly defaultMeaning?: string;
	/**
	 * Read in this order where the name itself is not set. They are another program's: a duration of one that
	 * does not fit is left aside.
	 */
	readonly fallbacks?: readonly string[];
	/** Never printed. */
	readonly secret?: true;
	/** `<name>_FILE` names a file to read it from. */
	readonly fromFile?: true;
}

export function variable<T>(
	name: string,
	preset: T | undefined,
	kind: Kind<T>,
	meaning: string,
	more: Partial<Variable<T>> = {},
): Variable<T> {
	return { ...kind, name, default: preset, meaning, ...more };
}

/** The default as it would be typed; `null` = there is none. */
export function defaultText(one: Variable<unknown>): string | null {
	return one.default === undefined ? null : one.write(one.default);
}

const LOCAL_ETCD: Endpoint = {
	...{ scheme: null, host: '127.0.0.1', port: ETCD_PORT, portAssumed: false },
	text: `http://127.0.0.1:${ETCD_PORT}`,
};
const ttl = wholeNumber(1, 86_400, { example: '5', what: 'whole seconds', pattern: /^\d{1,6}s?$/ });

export const PROCESS = {
	endpoints: variable(
		'ETCD_ENDPOINTS',
		[LOCAL_ETCD],
		endpoints,
		'etcd, `;` or `,` between the endpoints; https = TLS.',
		{ fallbacks: ['ETCDCTL_ENDPOINTS'] },
	),
	username: variable('ETCD_USERNAME', undefined, filled, 'User of etcd; with a password or not at all.', {
		fallbacks: ['ETCDCTL_USERNAME'],
		fromFile: true,
	}),
	password: variable('ETCD_PASSWORD', undefined, filled, 'Password of that user.', {
		fallbacks: ['ETCDCTL_PASSWORD'],
		fromFile: true,
		secret: true,
	}),
	caFile: variable(
		'ETCD_CACERT',
		undefined,
		filled,
		'PEM file of the authorities that sign etcd’s certificate.',
		{ fallbacks: ['ETCDCTL_CACERT'] },
	),
	certFile: variable(
		'ETCD_CERT',
		undefined,
		filled,
		'PEM file of the client certificate; re-read when it changes.',
		{ fallbacks: ['ETCDCTL_CERT'] },
	),
	keyFile: variable('ETCD_KEY', undefined, filled, 'PEM file of the client certificate’s key.', {
		fallbacks: ['ETCDCTL_KEY'],
	}),
	dialTimeout: variable(
		'ETCD_DIAL_TIMEOUT',
		DEFAULTS.dialTimeoutMs,
		duration(1, 15_000),
		'Bounds all attempts to connect within one pass.',
		{ fallbacks: ['ETCDCTL_DIAL_TIMEOUT'] },
	),
	callTimeout: variable(
		'ETCD_CALL_TIMEOUT',
		DEFAULTS.callTimeoutMs,
		duration(1, 2_000),
		'Deadline of each call; at most the TTL.',
		{
			fallbacks: ['ETCDCTL_CALL_TIMEOUT', 'ETCDCTL_COMMAND_TIMEOUT'],
			defaultMeaning: '2s, or the TTL if shorter',
		},
	),
	ttl: variable(
		'SERVICE_TTL',
		DEFAULTS.ttlSeconds,
		ttl,
		'Seconds, whole, 1 to 86400: lease TTL and reconcile interval.',
	),
	onConflict: variable(
		'SERVICE_ON_CONFLICT',
		DEFAULTS.onConflict,
		oneOf(CONFLICT_POLICIES, 'take-over'),
		'When another process holds the key: take-over, wait or fail.',
	),
	labels: variable(
		'SERVICES',
		undefined,
		labels,
		'Labels of several services, `,` between: grpc,http reads SERVICE_GRPC_NAME, SERVICE_HTTP_ADDR, ….',
	),
	http: variable(
		'REGISTRAR_HTTP',
		null,
		bindAddress,
		'host:port of /livez /readyz /status /metrics and of / (a page for people); a port alone binds 127.0.0.1.',
	),
	control: variable(
		'REGISTRAR_CONTROL',
		null,
		socketPath,
		'Path of a Unix socket for status, pause and resume; only its owner gets in.',
	),
	startupTimeout: variable(
		'REGISTRAR_STARTUP_TIMEOUT',
		null,
		durationOrOff(1, 30_000),
		'Not registered by then: exit 69; off = wait for ever.',
	),
	stopTimeout: variable(
		'REGISTRAR_STOP_TIMEOUT',
		DEFAULTS.stopTimeoutMs,
		duration(1, 5_000),
		'How long a stop tries to deregister.',
	),
	drainDelay: variable(
		'REGISTRAR_DRAIN_DELAY',
		DEFAULTS.drainDelayMs,
		duration(0, 5_000),
		'Wait between deregistering and passing SIGTERM to the wrapped command.',
	),
	logLevel: variable(
		'LOG_LEVEL',
		DEFAULTS.logLevel,
		oneOf(LOG_LEVELS, 'info'),
		'error, warn, info or debug.',
	),
	logFormat: variable('LOG_FORMAT', undefined, oneOf(LOG_FORMATS, 'json'), 'pretty or json.', {
		defaultMeaning: 'pretty on a terminal, else json',
	}),
} as const;

export const VARIABLE_NAMES: SettingNames = {
	endpoints: PROCESS.endpoints.name,
	username: PROCESS.username.name,
	password: PROCESS.password.name,
	caFile: PROCESS.caFile.name,
	certFile: PROCESS.certFile.name,
	keyFile: PROCESS.keyFile.name,
	...{ addr: 'SERVICE_ADDR', host: 'SERVICE_HOST' },
};
