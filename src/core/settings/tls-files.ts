/**
 * The PEM files by which etcd and this process prove to each other who they are: given as paths, read once to
 * find mistakes early.
 */
import type { TlsFiles } from './config.js';
import { type Given, type Problems, take } from './problems.js';

/** Throws where the file cannot be read. */
export type ReadFile = (path: string) => string;

const TLS_FIELDS = ['caFile', 'certFile', 'keyFile'] as const;
type TlsField = (typeof TLS_FIELDS)[number];
export type TlsGiven = Readonly<Record<TlsField, Given<string>>>;

const CERTIFICATE = {
	pattern: /-----BEGIN [A-Z ]*CERTIFICATE-----/,
	what: 'a PEM file with a certificate',
};
const PEM = {
	caFile: CERTIFICATE,
	certFile: CERTIFICATE,
	keyFile: {
		pattern: /-----BEGIN (?!ENCRYPTED)[A-Z ]*PRIVATE KEY-----(?!\s*Proc-Type:)/,
		what: 'a PEM file with a private key that has no passphrase',
	},
} as const;

export function tlsFiles(given: TlsGiven, problems: Problems, readFile: ReadFile | undefined): TlsFiles {
	const files: { -readonly [K in keyof TlsFiles]: TlsFiles[K] } = {};
	for (const field of TLS_FIELDS) {
		const path = take(given[field], problems);
		if (path === undefined) continue;
		files[field] = path;
		judgeFile(field, path, given[field], problems, readFile);
	}
	const lone = (missing: Given<string>, there: Given<string>): void =>
		problems.add(missing, {
			expected: `it beside ${there.name}`,
			mend: `set both ${missing.name} and ${there.name}, or neither`,
		});
	const { certFile, keyFile } = given;
	if (files.certFile !== undefined && keyFile.parsed === undefined) lone(keyFile, certFile);
	if (files.keyFile !== undefined && certFile.parsed === undefined) lone(certFile, keyFile);
	return files;
}

function judgeFile(
	field: TlsField,
	path: string,
	given: Given<string>,
	problems: Problems,
	readFile: ReadFile | undefined,
): void {
	if (path.includes('-----BEGIN')) {
		problems.add(given, {
			expected: 'the path of a PEM file, not what stands in it',
			hide: true,
			mend: 'write it into a file and give its path',
		});
		return;
	}
	const { pattern, what } = PEM[field];
	try {
		if (readFile !== undefined && !pattern.test(readFile(path)))
			problems.add(given, { expected: what, mend: 'name the right file' });
	} catch (error) {
		problems.add(given, {
			expected: `${what} that can be read (${reasonOf(error)})`,
			mend: 'name a file that is there and that this user may read',
		});
	}
}

/** What the first of the files that are set is called; `null` = none is. */
export function firstTlsName(files: TlsFiles, given: TlsGiven): string | null {
	const first = TLS_FIELDS.find((field) => files[field] !== undefined);
	return first === undefined ? null : given[first].name;
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
