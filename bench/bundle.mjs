import { build } from 'esbuild';

/** Compiles a TypeScript program of this folder, with what it imports, and runs it. */
export async function runBundled(name) {
	const outfile = new URL(`../.bench/bin/${name}.mjs`, import.meta.url);
	await build({
		entryPoints: [new URL(`${name}.ts`, import.meta.url).pathname],
		outfile: outfile.pathname,
		bundle: true,
		packages: 'external',
		platform: 'node',
		format: 'esm',
		target: 'node20',
		logLevel: 'error',
	});
	await import(outfile.href);
}
