/** What every table of configurations starts from. */

import { ConfigError } from '../../../src/core/errors.js';
import type { Env } from '../../../src/core/settings/environment/environment.js';
import { type ParsedConfig, parseConfig } from '../../../src/core/settings/from-environment.js';

export const SECRET = 'pl4nted-s3cret';
const FILES: Readonly<Record<string, string>> = {
	'/ca.pem': '-----BEGIN CERTIFICATE-----\nx',
	'/cert.pem': '-----BEGIN CERTIFICATE-----\nx',
	'/key.pem': '-----BEGIN PRIVATE KEY-----\nx',
	'/locked.pem': '-----BEGIN ENCRYPTED PRIVATE KEY-----\nx',
	'/secret': `${SECRET}\n`,
	'/empty': '\n',
	'/notes': 'nothing of the kind',
};
export function readFile(path: string): string {
	const text = FILES[path];
	if (text === undefined) throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
	return text;
}

export const GOOD: Env = { SERVICE_NAME: 'user', SERVICE_ADDR: '10.0.0.5:8080' };
export const parse = (env: Env): ParsedConfig => parseConfig(env, { readFile });

export function problemsOf(env: Env): readonly string[] {
	try {
		parse(env);
	} catch (error) {
		if (error instanceof ConfigError) return error.problems;
		throw error;
	}
	return [];
}
