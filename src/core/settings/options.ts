import type { FormatName } from '../formats/index.js';
import type { Logger } from '../logger.js';
import type { Meter } from '../meter.js';
import type { ConflictPolicy, Protocol } from '../registration.js';
import type { EtcdConfig, ServiceConfig, Weight } from './config.js';

export type { Weight } from './config.js';

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

/** What the options come to: everything filled in and checked. */
export interface ParsedOptions extends EtcdConfig {
	readonly namespace: string | undefined;
	readonly onConflict: ConflictPolicy;
	readonly services: readonly ServiceConfig[];
	readonly stopTimeoutMs: number;
	readonly logger: Logger | null;
	readonly meter: Meter | null;
	readonly hints: boolean;
	/** What was assumed and had better be known. */
	readonly warnings: readonly string[];
}
