/** The public names, each written out. */
export { ConfigError, ConflictError, StoppedError } from './core/errors.js';
export type { FormatName } from './core/formats/index.js';
export type { ConflictPolicy, Protocol, RepairReason } from './core/registration.js';
export type { CheckOptions, RegistrarOptions, ServiceOptions } from './core/settings/from-options.js';
export { createRegistrar, register } from './register.js';
export type {
	Counters,
	Hint,
	KeyState,
	KeyStatus,
	RegistrarEvent,
	RegistrarEvents,
	Status,
	WeightStatus,
} from './registrar/events.js';
export type { ServiceChanges } from './registrar/parts.js';
export type { Logger } from './registrar/ports.js';
export type { Registrar } from './registrar/registrar.js';
