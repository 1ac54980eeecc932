/** What a registrar is made of. */
import type { CheckTarget } from '../core/settings/check.js';
import type { ServiceConfig } from '../core/settings/config.js';
import type { ServiceOptions } from '../core/settings/from-options.js';
import type { Status } from './events.js';
import type { EngineParts } from './loop/engine.js';
import type { HealthCheck, LoadReader, Metering } from './ports.js';

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
