/**
 * The user name and the password; what came from a file is read again before each authentication, so that it
 * rotates like a certificate.
 */
import { readFileSync } from 'node:fs';
import { StoreError } from '../../../core/errors.js';

export interface Credentials {
	readonly username: string;
	readonly password: string;
}

/** As configured: the values as they were at the start, and the files that hold them now. */
export interface CredentialsSource extends Credentials {
	readonly usernameFile?: string;
	readonly passwordFile?: string;
}

/** @throws StoreError that names the file */
export function readCredentials(source: CredentialsSource): Credentials {
	const { username, password, usernameFile, passwordFile } = source;
	return {
		username: usernameFile === undefined ? username : contentOf(usernameFile, 'user name'),
		password: passwordFile === undefined ? password : contentOf(passwordFile, 'password'),
	};
}

function contentOf(path: string, what: string): string {
	const wrong = (why: string, cause?: unknown) =>
		new StoreError('authentication-failed', `the file with the ${what} for etcd, ${path}, ${why}`, { cause });
	let text: string;
	try {
		text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
	} catch (error) {
		const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
		throw wrong(`cannot be read (${reason}): put it back, readable for this user`, error);
	}
	if (text === '') throw wrong('is empty: write the value into it');
	return text;
}
