/**
 * Loads the bundled command with V8's code cache. The cache is never needed and never trusted: it bears the name of the bundle that it was
 * made of and of the V8 that made it, and V8 refuses one that does not fit.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';
import type { main } from './main.js';

export interface Bundle {
	readonly main: typeof main;
	readonly script: Script;
	/** Where its code cache is, or would be. */
	readonly cacheFile: string;
}

/** How the bundle ends: two slashes and its name. */
const ID_LENGTH = 16;

/** The command: its bundle, or, where there is none that is up to date, its modules. */
export async function loadCommand(): Promise<typeof main> {
	const bundle = fileURLToPath(new URL('../bundle/command.cjs', import.meta.url));
	const modules = fileURLToPath(new URL('./main.js', import.meta.url));
	const bundled = statSync(bundle, { throwIfNoEntry: false });
	if (bundled === undefined || (isCheckout() && bundled.mtimeMs < statSync(modules).mtimeMs))
		return (await import('./main.js')).main;
	return loadBundle(bundle, createRequire(import.meta.url)).main;
}

/**
 * Only in a checkout can the bundle be older than the modules: in an installed package the times of files tell in which order it was
 * unpacked. The package has the sources too, for debuggers, but not what compiles them.
 */
function isCheckout(): boolean {
	return existsSync(fileURLToPath(new URL('../../tsconfig.json', import.meta.url)));
}

/** Throws when there is no bundle, which is one function of what a CommonJS module is given. `require` is what the bundle finds its few outer packages with. */
export function loadBundle(filename: string, require: NodeJS.Require): Bundle {
	// The bundler writes ASCII only.
	const source = readFileSync(filename, 'latin1');
	const cacheFile = join(
		dirname(filename),
		`command.${source.slice(-ID_LENGTH)}.${cachedDataVersionTag()}.cache`,
	);
	const cachedData = readIfThere(cacheFile);
	const script = new Script(source, { filename, ...(cachedData === undefined ? {} : { cachedData }) });
	const bundle = { exports: {} as { main: typeof main } };
	script.runInThisContext()(bundle.exports, require, bundle, filename, dirname(filename));
	return { main: bundle.exports.main, script, cacheFile };
}

function readIfThere(file: string): Buffer | undefined {
	try {
		return readFileSync(file);
	} catch {
		return undefined;
	}
}
