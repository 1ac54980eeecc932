/**
 * What can be set, as the library's callers write it, and the defaults of it all. The environment is the
 * other way in (its names stand in `environment/variables.ts`); both come to what `config.ts` describes.
 */
import type { FormatName } from '../formats/index.js';
import type { Logger } from '../log/logger.js';
import type { Meter } from '../meter.js';
import type { ConflictPolicy, Protocol } from '../registration.js';
import type { TlsFiles } from './config.js';

/** Of the variables and the options alike. */
export const DEFAULTS = {
	ttlSeconds: 5,
	dialTimeoutMs: 15_000,
	/** Or the TTL if that is shorter. */
	callTimeoutMs: 2_000,
	stopTimeoutMs: 5_000,
	drainDelayMs: 0,
	onConflict: 'take-over',
	protocol: 'grpc',
	format: 'address',
	logLevel: 'info',
	check: { intervalMs: 2_000, timeoutMs: 1_000, rise: 1, fall: 3 },
	pollSeconds: 10,
	emptyGraceSeconds: 10,
} as const;

/** `auto` follows the machine's load; a function is asked before each pass (library only). */
export type Weight = number | 'auto' | (() => number);

export interface RegistrarOptions {
	/** `http://host:port` or `https://host:port`, several in an array or with `;` or `,` between. */
	readonly endpoints: string | readonly string[];
	/**
	 * First part of the keys, in place of the formats' own. @defaultValue the format's own, `ns` for `address`
	 */
	readonly namespace?: string | undefined;
	/** Lease TTL and reconcile interval, whole seconds, 1 to 86400. @defaultValue 5 */
	readonly ttlSeconds?: number | undefined;
	/** When another process holds a key. @defaultValue 'take-over' */
	readonly onConflict?: ConflictPolicy | undefined;
	readonly services: readonly ServiceOptions[];
	/** Both or neither. */
	readonly auth?: AuthOptions | undefined;
	/** PEM files, read again when they change. */
	readonly tls?: TlsOptions | undefined;
	/** Bounds all attempts to connect within one pass. @defaultValue 15000 */
	readonly dialTimeoutMs?: number | undefined;
	/** Deadline of each call, at most the TTL. @defaultValue 2000, or the TTL if shorter */
	readonly callTimeoutMs?: number | undefined;
	/** How long a stop tries to deregister. @defaultValue 5000 */
	readonly stopTimeoutMs?: number | undefined;
	/** Nothing is printed without one. */
	readonly logger?: Logger | undefined;
	/** OpenTelemetry's: the numbers of `/metrics` go there. */
	readonly meter?: Meter | undefined;
}

/** With what only tests set. */
export interface AllOptions extends RegistrarOptions {
	/** `false` leaves the poll alone, which must do. @defaultValue true */
	readonly hints?: boolean | undefined;
}

export interface AuthOptions {
	readonly username?: string | undefined;
	readonly password?: string | undefined;
}

export interface TlsOptions {
	/** Authorities that sign etcd's certificate. @defaultValue those of the system */
	readonly caFile?: string | undefined;
	/** Client certificate; with its key or not at all. */
	readonly certFile?: string | undefined;
	readonly keyFile?: string | undefined;
}

export interface ServiceOptions {
	readonly name: string;
	/**
	 * `host:port`, `[v6]:port`; `:port`, `0.0.0.0:port`, `[::]:port` = the address of the interface that routes
	 * to etcd.
	 */
	readonly addr: string;
	/** For the formats that tell it. @defaultValue 'grpc' */
	readonly protocol?: Protocol | undefined;
	/** @defaultValue made of name and address */
	readonly id?: string | undefined;
	readonly version?: string | undefined;
	/**
	 * `'auto'` follows the machine's load; a function is asked before each pass. @defaultValue the format's own
	 */
	readonly weight?: Weight | undefined;
	readonly metadata?: Readonly<Record<string, string>> | undefined;
	/** @defaultValue ['address'] */
	readonly formats?: FormatName | readonly FormatName[] | undefined;
	/** Registered only while it passes: a target alone, or with its timing (see {@link CheckOptions}). */
	readonly check?: string | CheckOptions | undefined;
}

export interface CheckOptions {
	/**
	 * `port` (what accepts at `addr`'s port on this host), `tcp://h:p`, `http(s)://…`, `grpc://h:p[/service]`,
	 * `exec:command`.
	 */
	readonly target: string;
	/** @defaultValue 2000 */
	readonly intervalMs?: number | undefined;
	/** @defaultValue 1000 */
	readonly timeoutMs?: number | undefined;
	/** So many passes in a row make it healthy. @defaultValue 1 */
	readonly rise?: number | undefined;
	/** So many failures in a row make it unhealthy. @defaultValue 3 */
	readonly fall?: number | undefined;
	/**
	 * Failing, it stays registered where fewer instances of the service than this would be left: their number,
	 * or a share of those seen lately, like `'50%'`. @defaultValue off
	 */
	readonly minHealthy?: number | string | undefined;
}

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

/**
 * What whoever reads a message calls the settings: a command's user variables, a library's user options. The
 * caller supplies it.
 */
export interface SettingNames {
	readonly endpoints: string;
	readonly username: string;
	readonly password: string;
	readonly caFile: string;
	readonly certFile: string;
	readonly keyFile: string;
	readonly addr: string;
	/** What gives a wildcard its host; `null` = there is no such setting. */
	readonly host: string | null;
}

export const OPTION_NAMES: SettingNames = {
	...{ endpoints: 'endpoints', username: 'auth.username', password: 'auth.password' },
	...{ caFile: 'tls.caFile', certFile: 'tls.certFile', keyFile: 'tls.keyFile' },
	...{ addr: 'addr', host: null },
};
