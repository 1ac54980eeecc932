import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** `make demo`: compiles the demo, which is written like the tests it borrows its tools from, and runs it. */
const outfile = fileURLToPath(
	new URL('../../node_modules/.cache/etcd-registrar-tests/demo.mjs', import.meta.url),
);
await build({
	entryPoints: [fileURLToPath(new URL('demo.ts', import.meta.url))],
	outfile,
	bundle: true,
	packages: 'external',
	platform: 'node',
	format: 'esm',
	target: 'node20',
	// Files are found from where the sources stand, not from the cache.
	define: { 'import.meta.url': JSON.stringify(import.meta.url) },
});
await import(outfile);
