/**
 * The table of variables: the one place of each name, default, parser and meaning. docs/configuration.md and
 * `.env.example` are tested against it.
 */
import { parseHost } from '../address.js';
import { FORMAT_NAMES } from '../formats/index.js';
import { parseId, parseName, parseNamespace, parseVersion } from '../key-text.js';
import { CONFLICT_POLICIES, PROTOCOLS } from '../registration.js';
import { parseBindAddress } from './bind-address.js';
import { parseCheck } from './check.js';
import { LOG_FORMATS, LOG_LEVELS } from './config.js';
import { duration, durationOrOff, parseTtl } from './duration.js';
import { parseEndpoints } from './endpoints.js';
import { parseLabels } from './labels.js';
import { parseMinHealthy } from './min-healthy.js';
import { oneOf, type Parser, wholeNumber } from './parsed.js';
import { parseSocketPath } from './socket-path.js';
import { parseAddr, parseFormats, parseWeight } from './values.js';

export interface Variable<T> {
	readonly name: string;
	/** As it would be typed; parsed like anything typed. `null` = there is none. */
	readonly default: string | null;
	readonly parse: Parser<T>;
	/** One sentence for people. */
	readonly meaning: string;
	/** Where the default is more than a value: how it is told. */
	readonly defaultMeaning?: string;
	/** Read in this order where the name itself is not set. */
	readonly fallbacks?: readonly string[];
	/**
	 * A length of time, which people are shown with its unit. A fallback is another program's: one that does
	 * not fit is left aside.
	 */
	readonly isDuration?: true;
	/** Never printed. */
	readonly secret?: true;
	/** `<name>_FILE` names a file to read it from. */
	readonly fromFile?: true;
}

const SECONDS_EXAMPLE = '5s';
const filled: Parser<string> = (text) =>
	text === '' ? { expected: 'something, not an empty text' } : { value: text };

function variable<T>(
	name: string,
	fallback: string | null,
	parse: Parser<T>,
	meaning: string,
	more: Partial<Variable<T>> = {},
): Variable<T> {
	return { name, default: fallback, parse, meaning, ...more };
}

/** For the whole process. */
export const PROCESS = {
	endpoints: variable(
		'ETCD_ENDPOINTS',
		'http://127.0.0.1:2379',
		parseEndpoints,
		'etcd, `;` or `,` between the endpoints; https = TLS.',
		{ fallbacks: ['ETCDCTL_ENDPOINTS'] },
	),
	username: variable('ETCD_USERNAME', null, filled, 'User of etcd; with a password or not at all.', {
		fallbacks: ['ETCDCTL_USERNAME'],
		fromFile: true,
	}),
	password: variable('ETCD_PASSWORD', null, filled, 'Password of that user.', {
		fallbacks: ['ETCDCTL_PASSWORD'],
		fromFile: true,
		secret: true,
	}),
	caFile: variable('ETCD_CACERT', null, filled, 'PEM file of the authorities that sign etcd’s certificate.', {
		fallbacks: ['ETCDCTL_CACERT'],
	}),
	certFile: variable(
		'ETCD_CERT',
		null,
		filled,
		'PEM file of the client certificate; re-read when it changes.',
		{ fallbacks: ['ETCDCTL_CERT'] },
	),
	keyFile: variable('ETCD_KEY', null, filled, 'PEM file of the client certificate’s key.', {
		fallbacks: ['ETCDCTL_KEY'],
	}),
	dialTimeout: variable(
		'ETCD_DIAL_TIMEOUT',
		'15s',
		duration(1, '15s'),
		'Bounds all attempts to connect within one pass.',
		{
			fallbacks: ['ETCDCTL_DIAL_TIMEOUT'],
			isDuration: true,
		},
	),
	callTimeout: variable(
		'ETCD_CALL_TIMEOUT',
		'2s',
		duration(1, '2s'),
		'Deadline of each call; at most the TTL.',
		{
			fallbacks: ['ETCDCTL_CALL_TIMEOUT', 'ETCDCTL_COMMAND_TIMEOUT'],
			defaultMeaning: '2s, or the TTL if shorter',
			isDuration: true,
		},
	),
	ttl: variable(
		'SERVICE_TTL',
		'5',
		parseTtl,
		'Seconds, whole, 1 to 86400: lease TTL and reconcile interval.',
	),
	onConflict: variable(
		'SERVICE_ON_CONFLICT',
		'take-over',
		oneOf(CONFLICT_POLICIES, 'take-over'),
		'When another process holds the key: take-over, wait or fail.',
	),
	labels: variable(
		'SERVICES',
		null,
		parseLabels,
		'Labels of several services, `,` between: grpc,http reads SERVICE_GRPC_NAME, SERVICE_HTTP_ADDR, ….',
	),
	http: variable(
		'REGISTRAR_HTTP',
		'off',
		parseBindAddress,
		'host:port of /livez /readyz /status /metrics; a port alone binds 127.0.0.1.',
	),
	control: variable(
		'REGISTRAR_CONTROL',
		'off',
		parseSocketPath,
		'Path of a Unix socket for status, pause and resume; only its owner gets in.',
	),
	startupTimeout: variable(
		'REGISTRAR_STARTUP_TIMEOUT',
		'off',
		durationOrOff(1, '30s'),
		'Not registered by then: exit 69; off = wait for ever.',
		{ isDuration: true },
	),
	stopTimeout: variable(
		'REGISTRAR_STOP_TIMEOUT',
		'5s',
		duration(1, SECONDS_EXAMPLE),
		'How long a stop tries to deregister.',
		{ isDuration: true },
	),
	drainDelay: variable(
		'REGISTRAR_DRAIN_DELAY',
		'0s',
		duration(0, SECONDS_EXAMPLE),
		'Wait between deregistering and passing SIGTERM to the wrapped command.',
		{ isDuration: true },
	),
	logLevel: variable('LOG_LEVEL', 'info', oneOf(LOG_LEVELS, 'info'), 'error, warn, info or debug.'),
	logFormat: variable('LOG_FORMAT', null, oneOf(LOG_FORMATS, 'json'), 'pretty or json.', {
		defaultMeaning: 'pretty on a terminal, else json',
	}),
} as const;

/** For each service: with labels `SERVICE_<LABEL>_…`, and what a label lacks comes from the plain name. */
export const SERVICE = {
	name: variable('SERVICE_NAME', null, parseName, 'Name of the service.', { defaultMeaning: 'required' }),
	addr: variable(
		'SERVICE_ADDR',
		null,
		parseAddr,
		'host:port where others reach it; :port, 0.0.0.0:port or [::]:port = find the host out.',
		{ defaultMeaning: 'required' },
	),
	host: variable(
		'SERVICE_HOST',
		null,
		parseHost,
		'Host for an address without one; else POD_IP, else the interface that routes to etcd.',
		{ fallbacks: ['POD_IP'] },
	),
	namespace: variable(
		'SERVICE_NAMESPACE',
		null,
		parseNamespace,
		'First part of the key, in place of the format’s own.',
		{ defaultMeaning: 'the format’s own; `ns`' },
	),
	protocol: variable(
		'SERVICE_PROTOCOL',
		'grpc',
		oneOf(PROTOCOLS, 'grpc'),
		'grpc, grpcs, http, https or tcp, for the formats that tell it.',
	),
	format: variable(
		'SERVICE_FORMAT',
		'address',
		parseFormats,
		`One or several of ${FORMAT_NAMES.join(', ')}, with \`,\` between.`,
	),
	id: variable('SERVICE_ID', null, parseId, 'Id of this instance.', {
		defaultMeaning: 'made of name and address',
	}),
	version: variable('SERVICE_VERSION', null, parseVersion, 'Version that the formats carry.'),
	weight: variable(
		'SERVICE_WEIGHT',
		null,
		parseWeight,
		'Share of the traffic, a whole number; auto follows the machine’s load.',
		{ defaultMeaning: 'the format’s own' },
	),
	check: variable(
		'SERVICE_CHECK',
		null,
		parseCheck,
		'port (what accepts at the address’s port on this host), tcp://h:p, http(s)://…, grpc://h:p[/service] or exec:command: registered only while it passes.',
	),
	checkInterval: variable('SERVICE_CHECK_INTERVAL', '2s', duration(1, '2s'), 'Time between two checks.', {
		isDuration: true,
	}),
	checkTimeout: variable(
		'SERVICE_CHECK_TIMEOUT',
		'1s',
		duration(1, '1s'),
		'A check that takes longer has failed.',
		{ isDuration: true },
	),
	checkRise: variable(
		'SERVICE_CHECK_RISE',
		'1',
		wholeNumber(1, 1000, '1'),
		'So many passes in a row make it healthy.',
	),
	checkFall: variable(
		'SERVICE_CHECK_FALL',
		'3',
		wholeNumber(1, 1000, '3'),
		'So many failures in a row make it unhealthy.',
	),
	checkMinHealthy: variable(
		'SERVICE_CHECK_MIN_HEALTHY',
		'off',
		parseMinHealthy,
		'Stays in where fewer instances of the service than this would be left: a number or a share like 50%.',
	),
} as const;

/** Not one variable but as many as there are keys. */
export const META_PREFIX = 'SERVICE_META_';

export const VARIABLES: readonly Variable<unknown>[] = [...Object.values(PROCESS), ...Object.values(SERVICE)];
