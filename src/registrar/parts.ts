/** What a registrar is made of. */

import type { ServiceConfig } from '../core/settings/config.js';
import type { ServiceOptions } from '../core/settings/options.js';
import type { CheckTarget } from '../core/settings/values/check.js';
import type { EngineParts } from './loop/engine.js';
import type { HealthCheck, LoadReader } from './ports.js';

export interface RegistrarParts extends EngineParts {
	/** Of this package, for `/status`. */
	readonly version?: string;
	readonly services: readonly ServiceConfig[];
	/** Of services that are added later. */
	readonly namespace: string | undefined;
	/** The address that a service is reached at; for a wildcard it may need the network. */
	readonly resolve: (config: ServiceConfig) => Promise<string>;
	readonly createLoadReader: () => LoadReader;
	readonly createCheck: (target: CheckTarget) => HealthCheck;
}

/**
 * What `update` may change of a service: `undefined` takes a setting back to its default; the address, which
 * has none, stays.
 */
export type ServiceChanges = {
	readonly [K in Exclude<keyof ServiceOptions, 'name'>]?: ServiceOptions[K] | undefined;
};
