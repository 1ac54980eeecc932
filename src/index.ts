/** The public names, each written out. */
export {
	ConfigError,
	ConflictError,
	NotStartedError,
	StoppedError,
	StoreError,
	type StoreErrorCode,
} from './core/errors.js';
export type { FormatName } from './core/formats/index.js';
export { fromPino, type Logger, type PinoLike } from './core/log/logger.js';
export type { Meter } from './core/meter.js';
export type { ConflictPolicy, LeaseId, Protocol, RepairReason } from './core/registration.js';
export type { CheckOptions, RegistrarOptions, ServiceOptions, Weight } from './core/settings/options.js';
export { createRegistrar, register } from './register.js';
export type { Registrar } from './registrar/api.js';
export type {
	Counters,
	KeptStatus,
	KeyState,
	KeyStatus,
	PausedStatus,
	Status,
	WeightStatus,
} from './registrar/documents.js';
export type { Hint, RegistrarEvent, RegistrarEvents } from './registrar/events.js';
export type { ServiceChanges } from './registrar/parts.js';
export type { PauseOptions, ResumeOptions } from './registrar/services/pausing.js';
