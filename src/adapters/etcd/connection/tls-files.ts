/**
 * The PEM files of a TLS connection, read again when one of them changed: certificates rotate without a
 * restart.
 */
import { readFileSync, statSync } from 'node:fs';
import { StoreError } from '../../../core/errors.js';
import type { TlsContents } from './client.js';

export interface TlsPaths {
	readonly caFile?: string;
	readonly certFile?: string;
	readonly keyFile?: string;
}

export class TlsSource {
	#seen = '';

	constructor(private readonly paths: TlsPaths | null) {}

	/** Reads the files as they are now. */
	read(): TlsContents | null {
		if (this.paths === null) return null;
		this.#seen = this.#fingerprint();
		const { caFile, certFile, keyFile } = this.paths;
		try {
			return { ca: bytes(caFile), cert: bytes(certFile), key: bytes(keyFile) };
		} catch (error) {
			throw new StoreError(
				'unreachable',
				`the TLS files cannot be read: ${error instanceof Error ? error.message : error}`,
				{ cause: error },
			);
		}
	}

	/** Whether a file changed since the last read. */
	changed(): boolean {
		return this.paths !== null && this.#seen !== '' && this.#fingerprint() !== this.#seen;
	}

	#fingerprint(): string {
		const { caFile, certFile, keyFile } = this.paths ?? {};
		return [caFile, certFile, keyFile].map((path) => (path === undefined ? '' : stamp(path))).join('|');
	}
}

const bytes = (path: string | undefined): Buffer | null => (path === undefined ? null : readFileSync(path));

/** Kubernetes swaps a symbolic link: the inode tells as well as the time. */
function stamp(path: string): string {
	try {
		const { ino, mtimeMs, size } = statSync(path);
		return `${ino}:${mtimeMs}:${size}`;
	} catch {
		// Absent, or out of reach in the middle of a swap: reading it tells.
		return 'unreadable';
	}
}
