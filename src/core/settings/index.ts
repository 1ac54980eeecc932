/** The configuration's public names. */
export type { BindAddress } from './bind-address.js';
export {
	type CheckConfig,
	type CheckTarget,
	type CheckTiming,
	describeCheck,
	ownPort,
} from './check.js';
export type { Config, EtcdConfig, LogFormat, LogLevel, ServiceConfig, TlsFiles, Weight } from './config.js';
export {
	clashesOf,
	type EntryOptions,
	entriesOf,
	formatProblems,
	resolvedAddr,
	serviceOf,
} from './entries.js';
export type { Env, EnvironmentOptions, Origin, Source } from './environment.js';
export { type ParsedConfig, parseConfig } from './from-environment.js';
export { type Lookup, parseLookup, prefixesOf, type View } from './lookup.js';
export { META_PREFIX, PROCESS, SERVICE, VARIABLES, type Variable } from './variables.js';
