import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

/**
 * Compiles a program of this folder, with the sources that it imports, to a file; resolves to its address.
 * `plugins`: esbuild's, for sources that are to be others than those on the disk.
 */
export async function bundled(name, plugins = [], as = name) {
	const folder = new URL('../../node_modules/.cache/simulation/', import.meta.url);
	const { outputFiles } = await build({
		entryPoints: [new URL(`${name}.ts`, import.meta.url).pathname],
		bundle: true,
		write: false,
		packages: 'external',
		platform: 'node',
		format: 'esm',
		target: 'node20',
		logLevel: 'error',
		plugins,
	});
	mkdirSync(folder, { recursive: true });
	const outfile = new URL(`${as}.mjs`, folder);
	// In one step: another run may be reading the one before.
	const fresh = new URL(`${as}-${process.pid}-${Date.now()}.mjs`, folder);
	writeFileSync(fresh, outputFiles[0].contents);
	renameSync(fresh, outfile);
	return outfile.href;
}
