import { build } from 'esbuild';

/** `make bench`: compiles the bench and runs it. `--help` lists the rows. */
const outfile = new URL('../../.bench/bin/main.mjs', import.meta.url);
await build({
	entryPoints: [new URL('main.ts', import.meta.url).pathname],
	outfile: outfile.pathname,
	bundle: true,
	packages: 'external',
	platform: 'node',
	format: 'esm',
	target: 'node20',
	logLevel: 'error',
});
await import(outfile.href);
