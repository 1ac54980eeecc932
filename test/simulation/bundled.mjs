import { build } from 'esbuild';

/**
 * Compiles a program of this folder, with the sources that it imports, to a file; resolves to its address.
 * `plugins`: esbuild's, for sources that are to be others than those on the disk.
 */
export async function bundled(name, plugins = [], as = name) {
	const outfile = new URL(`../../node_modules/.cache/simulation/${as}.mjs`, import.meta.url);
	await build({
		entryPoints: [new URL(`${name}.ts`, import.meta.url).pathname],
		outfile: outfile.pathname,
		bundle: true,
		packages: 'external',
		platform: 'node',
		format: 'esm',
		target: 'node20',
		logLevel: 'error',
		plugins,
	});
	return outfile.href;
}
