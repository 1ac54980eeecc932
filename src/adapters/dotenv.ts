import { statSync } from 'node:fs';
import { config } from 'dotenv';
import { ConfigError } from '../core/errors.js';

export interface EnvFileOptions {
	/** Whether the file was asked for by name: then one that is not there is a mistake. */
	readonly required: boolean;
}

/**
 * The variables in this file; it prints nothing and changes no environment. A file that cannot be read is a
 * ConfigError which names it; so is one that is not there, if it is required. If not, what is no file (a
 * directory named `.env`) is none.
 *
 * Each option of dotenv is given, for it reads those that are not from `DOTENV_*` variables, which then could
 * name another file.
 */
export function readEnvFile(path: string, { required }: EnvFileOptions): Record<string, string> {
	const { parsed, error } = config({
		path,
		quiet: true,
		debug: false,
		override: false,
		encoding: 'utf8',
		processEnv: {},
	});
	if (error === undefined) return { ...parsed };
	if (!required && !isFile(path)) return {};
	throw new ConfigError([
		`${path}: expected a file of NAME=value lines, but it can't be read: ${reason(error)}`,
	]);
}

function isFile(path: string): boolean {
	try {
		return statSync(path).isFile();
	} catch {
		return false;
	}
}

function reason(error: Error & { readonly code?: string }): string {
	switch (error.code) {
		case 'ENOENT':
			return 'there is no such file';
		case 'EISDIR':
			return 'it is a directory';
		case 'EACCES':
			return 'permission denied';
		default:
			return error.message;
	}
}
