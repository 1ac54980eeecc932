/** The environment and the `.env` file, as one checked configuration. */
import { readFileSync } from 'node:fs';
import { readEnvFile } from '../adapters/dotenv-file.js';
import { type ParsedConfig, parseConfig } from '../core/config/index.js';
import type { Context } from './context.js';

/** Real variables win over the file. A file that was named must be there; `.env` need not. @throws ConfigError */
export function readSettings({ env }: Pick<Context, 'env'>, envFile: string | null): ParsedConfig {
	const file = readEnvFile(envFile ?? '.env', { required: envFile !== null });
	const isSet = (name: string) => env[name] !== undefined && env[name] !== '';
	return parseConfig(
		{ ...file, ...Object.fromEntries(Object.entries(env).filter(([name]) => isSet(name))) },
		{ readFile: (path) => readFileSync(path, 'utf8'), sourceOf: (name) => (isSet(name) ? 'environment' : 'file') },
	);
}
