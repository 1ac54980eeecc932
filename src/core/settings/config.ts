/** The configuration as the program uses it: everything filled in, checked, and plain. */
import type { BindAddress } from '../address.js';
import type { FormatName, WantedName } from '../formats/index.js';
import type { Logger } from '../log/logger.js';
import type { Meter } from '../meter.js';
import type { ConflictPolicy, Protocol } from '../registration.js';
import type { Weight } from './options.js';
import type { CheckConfig, CheckTiming } from './values/check.js';

export interface ServiceConfig {
	/** Of `SERVICES`; `null` = there are no labels. */
	readonly label: string | null;
	readonly name: string;
	/** May be a wildcard: then the address is found out before the first pass. */
	readonly addr: string;
	/**
	 * What a wildcard becomes, without brackets; left out = the address of the interface that routes to etcd.
	 */
	readonly host?: string;
	readonly protocol: Protocol;
	readonly formats: readonly FormatName[];
	readonly namespace?: string;
	readonly id?: string;
	readonly version?: string;
	readonly weight?: Weight;
	readonly metadata: Readonly<Record<string, string>>;
	readonly check: CheckConfig | null;
	/** Also where there is no check: `run --` then checks the service's port this often. */
	readonly checkTiming: CheckTiming;
}

export interface EtcdConfig {
	/** `http://host:port` or `https://host:port`: at least one, all of one scheme. */
	readonly endpoints: readonly string[];
	readonly auth: AuthConfig | null;
	/** Not `null` exactly when the endpoints are https; without a CA file the system's authorities count. */
	readonly tls: TlsFiles | null;
	readonly dialTimeoutMs: number;
	readonly callTimeoutMs: number;
	readonly ttlSeconds: number;
}

export interface AuthConfig {
	readonly username: string;
	readonly password: string;
	/** Where the value came from a file: it is read again before each authentication. */
	readonly usernameFile?: string;
	readonly passwordFile?: string;
}

export interface TlsFiles {
	readonly caFile?: string;
	readonly certFile?: string;
	readonly keyFile?: string;
}

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['pretty', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Of a registrar, whichever way it was configured. */
export interface RegistrarConfig extends EtcdConfig {
	readonly onConflict: ConflictPolicy;
	readonly services: readonly ServiceConfig[];
	readonly stopTimeoutMs: number;
}

/** By the environment. */
export interface Config extends RegistrarConfig {
	readonly http: BindAddress | null;
	/** Path of a Unix socket. */
	readonly control: string | null;
	/** `null` = wait for ever. */
	readonly startupTimeoutMs: number | null;
	readonly drainDelayMs: number;
	readonly logLevel: LogLevel;
	/** `null` = pretty on a terminal, else JSON. */
	readonly logFormat: LogFormat | null;
}

/** By the library's options. */
export interface ParsedOptions extends RegistrarConfig {
	readonly namespace: string | undefined;
	readonly logger: Logger | null;
	readonly meter: Meter | null;
	readonly hints: boolean;
	/** What was assumed and had better be known. */
	readonly warnings: readonly string[];
}

/** By the options of discovery. */
export interface ParsedDiscovery {
	readonly etcd: EtcdConfig;
	readonly wanted: WantedName;
	readonly pollMs: number;
	readonly emptyGraceMs: number;
	readonly logger: Logger | null;
}
