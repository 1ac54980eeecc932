/** What `status`, `pause` and `resume` need of the configuration: where a running registrar can be asked. */
import type { BindAddress } from './bind-address.js';
import { type Env, Environment, type EnvironmentOptions } from './environment.js';
import { Problems, take } from './problems.js';
import { PROCESS, type Variable } from './variables.js';

export interface ControlSettings {
	readonly control: string | null;
	readonly http: BindAddress | null;
	readonly stopTimeoutMs: number;
}

/** @throws ConfigError */
export function parseControl(env: Env, options: EnvironmentOptions): ControlSettings {
	const problems = new Problems();
	const environment = new Environment(env, options, problems);
	const read = <T>(variable: Variable<T>) => take(environment.given(variable), variable, problems);
	const settings = {
		control: read(PROCESS.control) ?? null,
		http: read(PROCESS.http) ?? null,
		stopTimeoutMs: read(PROCESS.stopTimeout) ?? 0,
	};
	problems.throwIfAny();
	return settings;
}
