/** Finds the command: in its bundle, or, where there is none that is up to date, in its modules. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { CodeCache } from './code-cache.js';
import type { main } from './main.js';

/** How the bundle ends: two slashes and its name. */
const ID_LENGTH = 16;
/** By then a start is over and what it compiled is not yet thrown away. */
const CACHE_AFTER_MS = 3_000;

export async function loadCommand(): Promise<typeof main> {
	const bundle = fileURLToPath(new URL('../bundle/command.cjs', import.meta.url));
	const modules = fileURLToPath(new URL('./main.js', import.meta.url));
	const bundled = statSync(bundle, { throwIfNoEntry: false });
	if (bundled === undefined || (isCheckout() && bundled.mtimeMs < statSync(modules).mtimeMs))
		return (await import('./main.js')).main;
	return loadBundle(bundle);
}

/**
 * Only in a checkout can the bundle be older than the modules: in an installed package the times of files
 * tell in which order it was unpacked. The package has the sources too, for debuggers, but not what compiles
 * them.
 */
function isCheckout(): boolean {
	return existsSync(fileURLToPath(new URL('../../tsconfig.json', import.meta.url)));
}

/** The bundle is one function of what a CommonJS module is given. */
function loadBundle(filename: string): typeof main {
	// The bundler writes ASCII only.
	const source = readFileSync(filename, 'latin1');
	const cache = new CodeCache(filename, source.slice(-ID_LENGTH), process.env);
	const cachedData = cache.read();
	const script = new Script(source, { filename, ...(cachedData && { cachedData }) });
	const bundle = { exports: {} as { main: typeof main } };
	script.runInThisContext()(
		bundle.exports,
		createRequire(import.meta.url),
		bundle,
		filename,
		dirname(filename),
	);
	// A registrar runs long enough to have compiled what a start needs.
	if (process.argv[2] === 'run' && (cachedData === undefined || script.cachedDataRejected))
		setTimeout(() => void cache.write(() => script.createCachedData()), CACHE_AFTER_MS).unref();
	return bundle.exports.main;
}
