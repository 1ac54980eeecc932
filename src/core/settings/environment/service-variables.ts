/**
 * The variables of each service: with labels `SERVICE_<LABEL>_…`; what a label lacks comes from the plain
 * name.
 */
import { parseHost } from '../../address.js';
import { FORMAT_NAMES } from '../../formats/index.js';
import { parseId, parseName, parseNamespace, parseVersion } from '../../key-text.js';
import { PROTOCOLS } from '../../registration.js';
import { DEFAULTS } from '../options.js';
import { parseCheck } from '../values/check.js';
import { duration } from '../values/durations.js';
import { oneOf, text, wholeNumber } from '../values/kinds.js';
import { formats, minHealthy, publicAddress, weight } from '../values/service-values.js';
import { PROCESS, type Variable, variable } from './variables.js';

export const SERVICE = {
	name: variable('SERVICE_NAME', undefined, text(parseName), 'Name of the service.', {
		defaultMeaning: 'required',
	}),
	addr: variable(
		'SERVICE_ADDR',
		undefined,
		publicAddress,
		'host:port where others reach it; :port, 0.0.0.0:port or [::]:port = find the host out.',
		{ defaultMeaning: 'required' },
	),
	host: variable(
		'SERVICE_HOST',
		undefined,
		text(parseHost),
		'Host for an address without one; else POD_IP, else the interface that routes to etcd.',
		{ fallbacks: ['POD_IP'] },
	),
	namespace: variable(
		'SERVICE_NAMESPACE',
		undefined,
		text(parseNamespace),
		'First part of the key, in place of the format’s own.',
		{ defaultMeaning: 'the format’s own; `ns`' },
	),
	protocol: variable(
		'SERVICE_PROTOCOL',
		DEFAULTS.protocol,
		oneOf(PROTOCOLS, 'grpc'),
		'grpc, grpcs, http, https or tcp, for the formats that tell it.',
	),
	format: variable(
		'SERVICE_FORMAT',
		[DEFAULTS.format],
		formats,
		`One or several of ${FORMAT_NAMES.join(', ')}, with \`,\` between.`,
	),
	id: variable('SERVICE_ID', undefined, text(parseId), 'Id of this instance.', {
		defaultMeaning: 'made of name and address',
	}),
	version: variable('SERVICE_VERSION', undefined, text(parseVersion), 'Version that the formats carry.'),
	weight: variable(
		'SERVICE_WEIGHT',
		undefined,
		weight,
		'Share of the traffic, a whole number; auto follows the machine’s load.',
		{ defaultMeaning: 'the format’s own' },
	),
	check: variable(
		'SERVICE_CHECK',
		undefined,
		text(parseCheck),
		'port (what accepts at the address’s port on this host), tcp://h:p, http(s)://…, grpc://h:p[/service] or exec:command: registered only while it passes.',
	),
	checkInterval: variable(
		'SERVICE_CHECK_INTERVAL',
		DEFAULTS.check.intervalMs,
		duration(1, 2_000),
		'Time between two checks.',
	),
	checkTimeout: variable(
		'SERVICE_CHECK_TIMEOUT',
		DEFAULTS.check.timeoutMs,
		duration(1, 1_000),
		'A check that takes longer has failed.',
	),
	checkRise: variable(
		'SERVICE_CHECK_RISE',
		DEFAULTS.check.rise,
		wholeNumber(1, 1000, { example: '1' }),
		'So many passes in a row make it healthy.',
	),
	checkFall: variable(
		'SERVICE_CHECK_FALL',
		DEFAULTS.check.fall,
		wholeNumber(1, 1000, { example: '3' }),
		'So many failures in a row make it unhealthy.',
	),
	checkMinHealthy: variable(
		'SERVICE_CHECK_MIN_HEALTHY',
		null,
		minHealthy,
		'Stays in where fewer instances of the service than this would be left: a number or a share like 50%.',
	),
} as const;

/** Not one variable but as many as there are keys. */
export const META_PREFIX = 'SERVICE_META_';

export const VARIABLES: readonly Variable<unknown>[] = [...Object.values(PROCESS), ...Object.values(SERVICE)];
