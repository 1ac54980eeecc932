/** What a registrar is made of. */

import type { ConflictPolicy } from '../core/registration.js';
import type { ServiceConfig } from '../core/settings/config.js';
import type { ServiceOptions } from '../core/settings/options.js';
import type { CheckTarget } from '../core/settings/values/check.js';
import type { Status } from './documents.js';
import type { Wanted } from './pass/facts.js';
import type { Clock, HealthCheck, LoadReader, Logger, Metering, Schedule, Store } from './ports.js';

export interface EngineParts {
	readonly store: Store;
	readonly schedule: Schedule;
	readonly clock: Clock;
	readonly random: () => number;
	readonly logger: Logger;
	/** Seconds asked for. */
	readonly ttlSeconds: number;
	readonly callTimeoutMs: number;
	readonly stopTimeoutMs: number;
	readonly onConflict: ConflictPolicy;
	/** `false` = the plain poll: no watch, no early pass. */
	readonly hints: boolean;
	/** Fields that say in the log which etcd is meant. */
	readonly where?: Readonly<Record<string, unknown>>;
}

/** What the engine asks of the services. */
export interface Subject {
	/** Before each pass; may reject when an address cannot be found out yet. */
	prepare(): Promise<void>;
	wanted(): Wanted;
	/** The keys of each service; the same object as long as nothing changes. */
	groups(): Iterable<readonly string[]>;
	fleetPrefixes(): ReadonlySet<string>;
	/** After each pass. `true` = what is wanted has changed by it: one more. */
	passed(ok: boolean): boolean;
}

export interface RegistrarParts extends EngineParts {
	/** Of this package, for `/status`. */
	readonly version?: string;
	/** Of etcd, as configured, for `/status`. */
	readonly endpoints?: readonly string[];
	/** Whether the recent changes are kept for whoever asks. */
	readonly keepsChanges?: boolean;
	readonly services: readonly ServiceConfig[];
	/** Of services that are added later. */
	readonly namespace: string | undefined;
	/** The address that a service is reached at; for a wildcard it may need the network. */
	readonly resolve: (config: ServiceConfig) => Promise<string>;
	readonly createLoadReader: () => LoadReader;
	readonly createCheck: (target: CheckTarget) => HealthCheck;
	/** Where the numbers go, beside the status. */
	readonly createMetering?: ((status: () => Status) => Metering) | undefined;
}

/**
 * What `update` may change of a service: `undefined` takes a setting back to its default; the address, which
 * has none, stays.
 */
export type ServiceChanges = {
	readonly [K in Exclude<keyof ServiceOptions, 'name'>]?: ServiceOptions[K] | undefined;
};
