/**
 * V8's code cache of the bundle, kept by the first long run for all later ones of the same Node: beside the
 * bundle, or, where that cannot be written, in the user's cache directory. Without one the command only
 * starts slower, so every trouble here is passed over.
 *
 * V8 runs what a cache contains and crashes on a damaged one. So a file is used only if its checksum is
 * right, and if it belongs to this user or to the bundle's owner and nobody else may write it. It appears
 * whole or not at all (written aside, then renamed).
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
// Not by name: Node 22.0 and 22.1 have no `crc32`, and would not even start.
import zlib from 'node:zlib';

const CHECKSUM_BYTES = 4;
const WRITABLE_BY_OTHERS = 0o022;

export class CodeCache {
	readonly #bundle: string;
	readonly #folders: readonly string[];
	readonly #name: string;

	/** `id`: what the bundle is called by its content. */
	constructor(bundle: string, id: string, env: NodeJS.ProcessEnv) {
		this.#bundle = bundle;
		this.#name = `command.${id}.${process.versions.v8}.${process.arch}.cache`;
		// Without user ids (Windows) nothing tells whose a file is. The variable is Node's own.
		const canCheck = process.getuid !== undefined && typeof zlib.crc32 === 'function';
		const isOff = !canCheck || env.NODE_DISABLE_COMPILE_CACHE !== undefined;
		this.#folders = isOff ? [] : [dirname(bundle), ...userCache(env)];
	}

	read(): Buffer | undefined {
		for (const folder of this.#folders) {
			const data = this.#readIn(join(folder, this.#name));
			if (data !== undefined) return data;
		}
		return undefined;
	}

	/** Writes what `make` returns into the first folder that takes it. Never rejects. */
	async write(make: () => Buffer): Promise<void> {
		const { mkdir, open, rename, unlink } = await import('node:fs/promises');
		for (const folder of this.#folders) {
			const aside = join(folder, `${this.#name}.${Math.random().toString(36).slice(2)}`);
			try {
				if (folder !== dirname(this.#bundle)) await mkdir(folder, { recursive: true, mode: 0o700 });
				const file = await open(aside, 'wx', 0o644);
				try {
					await file.writeFile(withChecksum(make()));
					// Else a power cut may leave the name without the content.
					await file.sync();
				} finally {
					await file.close();
				}
				return await rename(aside, join(folder, this.#name));
			} catch {
				await unlink(aside).catch(() => {});
			}
		}
	}

	#readIn(path: string): Buffer | undefined {
		try {
			const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
			try {
				return this.#isTrusted(fstatSync(file)) ? withoutChecksum(readFileSync(file)) : undefined;
			} finally {
				closeSync(file);
			}
		} catch {
			return undefined;
		}
	}

	#isTrusted({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
		if ((mode & WRITABLE_BY_OTHERS) !== 0) return false;
		return uid === process.getuid?.() || uid === statSync(this.#bundle).uid;
	}
}

/** Only in a home of this user's own: under `sudo` the variables may name another's. */
function userCache({ XDG_CACHE_HOME, HOME }: NodeJS.ProcessEnv): string[] {
	const base = XDG_CACHE_HOME || HOME;
	try {
		if (!base?.startsWith('/') || statSync(base).uid !== process.getuid?.()) return [];
	} catch {
		return [];
	}
	return [join(base, XDG_CACHE_HOME ? '' : '.cache', 'etcd-registrar')];
}

function withChecksum(data: Buffer): Buffer {
	const checksum = Buffer.alloc(CHECKSUM_BYTES);
	checksum.writeUInt32LE(zlib.crc32(data));
	return Buffer.concat([checksum, data]);
}

function withoutChecksum(content: Buffer): Buffer | undefined {
	if (content.length <= CHECKSUM_BYTES) return undefined;
	// A copy: V8 wants the data aligned.
	const data = Buffer.from(content.subarray(CHECKSUM_BYTES));
	return zlib.crc32(data) === content.readUInt32LE(0) ? data : undefined;
}
