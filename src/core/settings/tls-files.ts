/**
 * The PEM files by which etcd and this process prove to each other who they are: given as paths, read once to
 * find mistakes early.
 */
import type { TlsFiles } from './config.js';
import { type Given, type Problems, take } from './problems.js';
import { PROCESS } from './variables.js';

/** Throws where the file cannot be read. */
export type ReadFile = (path: string) => string;

const TLS_FIELDS = ['caFile', 'certFile', 'keyFile'] as const;
type TlsField = (typeof TLS_FIELDS)[number];

const PEM = {
	caFile: { pattern: /-----BEGIN [A-Z ]*CERTIFICATE-----/, what: 'a PEM file with a certificate' },
	certFile: { pattern: /-----BEGIN [A-Z ]*CERTIFICATE-----/, what: 'a PEM file with a certificate' },
	keyFile: {
		pattern: /-----BEGIN (?!ENCRYPTED)[A-Z ]*PRIVATE KEY-----(?!\s*Proc-Type:)/,
		what: 'a PEM file with a private key that has no passphrase',
	},
} as const;

export function readTlsFiles(
	look: (field: TlsField) => Given,
	problems: Problems,
	readFile: ReadFile | undefined,
): TlsFiles {
	const files: { -readonly [K in keyof TlsFiles]: TlsFiles[K] } = {};
	for (const field of TLS_FIELDS) {
		const given = look(field);
		const path = take(given, PROCESS[field], problems);
		if (path === undefined) continue;
		files[field] = path;
		if (path.includes('-----BEGIN')) {
			problems.add(given, {
				expected: 'the path of a PEM file, not what stands in it',
				hide: true,
				mend: 'write it into a file and give its path',
			});
			continue;
		}
		if (readFile === undefined) continue;
		const { pattern, what } = PEM[field];
		try {
			if (!pattern.test(readFile(path))) problems.add(given, { expected: what, mend: 'name the right file' });
		} catch (error) {
			problems.add(given, {
				expected: `${what} that can be read (${reasonOf(error)})`,
				mend: 'name a file that is there and that this user may read',
			});
		}
	}
	const lone = (missing: Given, there: Given): void =>
		problems.add(missing, {
			expected: `it beside ${there.name}`,
			mend: `set both ${missing.name} and ${there.name}, or neither`,
		});
	const [cert, key] = [look('certFile'), look('keyFile')];
	if (files.certFile !== undefined && key.text === undefined) lone(key, cert);
	if (files.keyFile !== undefined && cert.text === undefined) lone(cert, key);
	return files;
}

/** The one that is named where all of them are meant. */
export function firstOf(files: TlsFiles): TlsField {
	return TLS_FIELDS.find((field) => files[field] !== undefined) ?? 'caFile';
}

/** Why a file cannot be read, in words; without its content. */
export function reasonOf(error: unknown): string {
	const code = error instanceof Error && 'code' in error ? String(error.code) : '';
	const words: Readonly<Record<string, string>> = {
		ENOENT: 'no such file',
		EACCES: 'permission denied',
		EISDIR: 'it is a directory',
		ENOTDIR: 'no such directory',
	};
	return words[code] ?? (code === '' ? 'unreadable' : code);
}
