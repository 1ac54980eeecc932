import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { removeAtExit } from './process/guarded.js';

/**
 * Compiles a TypeScript program of the tests, with what it imports of `src/`, to a file that Node runs, and
 * resolves to its path. For behaviour that only a whole process shows, of parts that the command would hide.
 * It lies below `node_modules`, so that the packages are found from there.
 */
export async function compile(program: URL): Promise<string> {
	const folder = fileURLToPath(
		new URL(`../../node_modules/.cache/etcd-registrar-tests/${process.pid}/`, import.meta.url),
	);
	mkdirSync(folder, { recursive: true });
	removeAtExit(folder);
	const outfile = join(folder, basename(program.pathname).replace(/\.ts$/, '.mjs'));
	await build({
		entryPoints: [fileURLToPath(program)],
		outfile,
		bundle: true,
		packages: 'external',
		platform: 'node',
		format: 'esm',
		target: 'node20',
	});
	return outfile;
}
