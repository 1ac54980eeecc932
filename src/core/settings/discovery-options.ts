/**
 * The options of `discover`: the rules of the variables under the options' own names, and all mistakes in one
 * error.
 */
import {
	FORMAT_NAMES,
	FORMATS,
	type Format,
	type FormatName,
	type FormatProblem,
	type Wanted,
} from '../formats/index.js';
import type { Logger } from '../logger.js';
import type { EtcdConfig, TlsFiles } from './config.js';
import { type EtcdField, type ReadFile, readEtcd } from './etcd.js';
import { isLogger } from './from-options.js';
import { type Fields, fields, option } from './option.js';
import { oneOf, type Parser } from './parsed.js';
import { type Given, Problems, take } from './problems.js';
import { SERVICE } from './variables.js';

/** What all names that are read from one etcd share. */
export interface DirectoryOptions {
	/** `http://host:port` or `https://host:port`, several in an array or with `;` or `,` between. */
	readonly endpoints: string | readonly string[];
	/** How the instances are written. @defaultValue 'address' */
	readonly format?: FormatName | undefined;
	/**
	 * First part of the keys, in place of the format's own. @defaultValue the format's own, `ns` for `address`
	 */
	readonly namespace?: string | undefined;
	/** Both or neither. */
	readonly auth?: { readonly username: string; readonly password: string } | undefined;
	/** PEM files, read again when they change. */
	readonly tls?: TlsFiles | undefined;
	/** Seconds between two reads of everything, 0.1 to 86400. @defaultValue 10 */
	readonly pollSeconds?: number | undefined;
	/**
	 * Seconds for which etcd must go on saying that all instances are gone before it is believed, 0 to 86400.
	 * @defaultValue 10
	 */
	readonly emptyGraceSeconds?: number | undefined;
	/** Bounds all attempts to connect within one read. @defaultValue 15000 */
	readonly dialTimeoutMs?: number | undefined;
	/** Deadline of each call. @defaultValue 2000 */
	readonly callTimeoutMs?: number | undefined;
	/** Nothing is printed without one. */
	readonly logger?: Logger | undefined;
}

export interface DiscoverOptions extends DirectoryOptions {
	/** Of the service. */
	readonly name: string;
}

export interface ParsedDiscovery {
	readonly etcd: EtcdConfig;
	readonly wanted: Wanted;
	readonly pollMs: number;
	readonly emptyGraceMs: number;
	readonly logger: Logger | null;
}

const OPTIONS: readonly (keyof DiscoverOptions)[] = [
	...([
		'endpoints',
		'name',
		'format',
		'namespace',
		'auth',
		'tls',
		'pollSeconds',
		'emptyGraceSeconds',
	] as const),
	...(['dialTimeoutMs', 'callTimeoutMs', 'logger'] as const),
];
/** Discovery has no lease; the rule that a call is shorter than the TTL then bounds it to a day. */
const LONGEST_SECONDS = 86_400;

const seconds =
	(least: number, example: string): Parser<number> =>
	(text) => {
		const value = Number(text);
		return value >= least && value <= LONGEST_SECONDS
			? { value }
			: { expected: `a number of seconds from ${least} to ${LONGEST_SECONDS}`, example };
	};
const POLL = { default: '10', parse: seconds(0.1, '10') };
const GRACE = { default: '10', parse: seconds(0, '10') };
const FORMAT = { default: 'address', parse: oneOf(FORMAT_NAMES, 'address') };

/** @throws ConfigError */
export function parseDiscovery(
	options: DiscoverOptions,
	{ readFile }: { readonly readFile?: ReadFile } = {},
): ParsedDiscovery {
	const problems = new Problems();
	const root = fields('', options, OPTIONS, problems);
	const etcd = readEtcdOptions(root, problems, readFile);
	const name = option('name', root.name, 'text');
	const namespace = option('namespace', root.namespace, 'text');
	const wanted = {
		name: take(name, SERVICE.name, problems) ?? '',
		namespace: take(namespace, SERVICE.namespace, problems),
		format: take(option('format', root.format, 'text'), FORMAT, problems) ?? 'address',
	};
	if (name.text === undefined && name.mistake === undefined)
		problems.add(name, { expected: 'one, since it is required', example: 'user' });
	if (wanted.name !== '') refuse(wanted, { name, namespace }, problems);
	const parsed: ParsedDiscovery = {
		etcd,
		wanted,
		pollMs: 1_000 * (take(option('pollSeconds', root.pollSeconds, 'number'), POLL, problems) ?? 0),
		emptyGraceMs:
			1_000 * (take(option('emptyGraceSeconds', root.emptyGraceSeconds, 'number'), GRACE, problems) ?? 0),
		logger: isLogger(root.logger, problems) ? root.logger : null,
	};
	problems.throwIfAny();
	return parsed;
}

function readEtcdOptions(root: Fields, problems: Problems, readFile: ReadFile | undefined): EtcdConfig {
	const auth = fields('auth', root.auth, ['username', 'password'], problems);
	const tls = fields('tls', root.tls, ['caFile', 'certFile', 'keyFile'], problems);
	const places: Readonly<Record<EtcdField, Given>> = {
		endpoints: option('endpoints', root.endpoints, 'list'),
		username: option('auth.username', auth.username, 'text'),
		password: option('auth.password', auth.password, 'text'),
		caFile: option('tls.caFile', tls.caFile, 'text'),
		certFile: option('tls.certFile', tls.certFile, 'text'),
		keyFile: option('tls.keyFile', tls.keyFile, 'text'),
		dialTimeout: option('dialTimeoutMs', root.dialTimeoutMs, 'milliseconds'),
		callTimeout: option('callTimeoutMs', root.callTimeoutMs, 'milliseconds'),
		ttl: option('a day', LONGEST_SECONDS, 'number'),
	};
	const { etcd } = readEtcd((field) => places[field], problems, readFile);
	if (root.endpoints === undefined)
		problems.add(places.endpoints, {
			expected: 'one, since it is required',
			example: 'http://127.0.0.1:2379',
		});
	return etcd;
}

/** What the format cannot have as a name or a namespace. */
function refuse(
	{ name, namespace, format }: Wanted,
	given: { readonly name: Given; readonly namespace: Given },
	problems: Problems,
): void {
	for (const problem of problemsOf({ name, namespace, format })) {
		const of = problem.field === 'name' ? given.name : given.namespace;
		problems.add(of, { expected: `${problem.expected} (format ${format})`, mend: problem.mend });
	}
}

function problemsOf({ name, namespace, format }: Wanted): readonly FormatProblem[] {
	const service = { name, addr: '127.0.0.1:1', id: 'id', protocol: 'grpc', metadata: {} } as const;
	return (FORMATS[format] as Format).problems(service, namespace);
}

/** What the format expects of such a name, in words; `null` = it fits. */
export function namesProblem(wanted: Wanted): string | null {
	const [problem] = problemsOf(wanted);
	return problem === undefined ? null : `${problem.expected} (format ${wanted.format})`;
}
