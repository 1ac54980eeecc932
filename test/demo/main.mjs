import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
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
	plugins: [
		{
			// Files are found from where each source stands, not from the cache.
			name: 'own-url',
			setup({ onLoad }) {
				onLoad({ filter: /\.ts$/ }, ({ path }) => ({
					contents: readFileSync(path, 'utf8').replaceAll(
						'import.meta.url',
						JSON.stringify(pathToFileURL(path).href),
					),
					loader: 'ts',
				}));
			},
		},
	],
});
await import(outfile);
