/** The environment and the `.env` file, as one checked configuration. */
import { readFileSync } from 'node:fs';
import { readEnvFile } from '../adapters/dotenv.js';
import type { Env, EnvironmentOptions } from '../core/settings/environment/environment.js';
import { type ParsedConfig, parseConfig } from '../core/settings/from-environment.js';
import type { Context } from './context.js';

export type Settings = Pick<ParsedConfig, 'config' | 'warnings'>;

/**
 * Real variables win over the file. A file that was named must be there; `.env` need not. @throws ConfigError
 */
export function readSettings(context: Pick<Context, 'env'>, envFile: string | null): ParsedConfig {
	const { env, options } = readVariables(context, envFile);
	return parseConfig(env, options);
}

/**
 * The variables themselves, for what needs a few of them only. @throws ConfigError when the file cannot be
 * read
 */
export function readVariables(
	{ env }: Pick<Context, 'env'>,
	envFile: string | null,
): { readonly env: Env; readonly options: Required<EnvironmentOptions> } {
	const file = readEnvFile(envFile ?? '.env', { required: envFile !== null });
	const isSet = (name: string) => env[name] !== undefined && env[name] !== '';
	return {
		env: { ...file, ...Object.fromEntries(Object.entries(env).filter(([name]) => isSet(name))) },
		options: {
			readFile: (path) => readFileSync(path, 'utf8'),
			sourceOf: (name) => (isSet(name) ? 'environment' : 'file'),
		},
	};
}
