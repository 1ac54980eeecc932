/** What `status`, `pause` and `resume` need of the configuration: where a running registrar can be asked. */
import type { BindAddress } from '../../address.js';
import { Problems, take } from '../problems.js';
import { type Env, Environment, type EnvironmentOptions } from './environment.js';
import { PROCESS } from './variables.js';

export interface ControlSettings {
	readonly control: string | null;
	readonly http: BindAddress | null;
	readonly stopTimeoutMs: number;
}

/** @throws ConfigError */
export function parseControl(env: Env, options: EnvironmentOptions): ControlSettings {
	const problems = new Problems();
	const { control, http, stopTimeout } = PROCESS;
	const given = new Environment(env, options, problems).read({ control, http, stopTimeout });
	const settings = {
		control: take(given.control, problems) ?? null,
		http: take(given.http, problems) ?? null,
		stopTimeoutMs: take(given.stopTimeout, problems) ?? 0,
	};
	problems.throwIfAny();
	return settings;
}
