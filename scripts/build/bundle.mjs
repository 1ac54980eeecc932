/**
 * Puts the command into one file, dist/bundle/command.cjs: 170 modules become one, and etcd3's .proto is read
 * now instead of at each start.
 * The package works without it (src/commands/bundle.ts falls back).
 */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { licensesOf } from './licenses.mjs';
import { staticSchema } from './static-schema.mjs';

const OUT = 'dist/bundle';

const { outputFiles, metafile } = await build({
	entryPoints: ['dist/commands/main.js'],
	bundle: true,
	write: false,
	metafile: true,
	platform: 'node',
	target: 'node20',
	format: 'cjs',
	minify: true,
	supported: { 'dynamic-import': false },
	banner: { js: 'const bundleUrl=require("node:url").pathToFileURL(__filename).href;' },
	plugins: [staticSchema],
	// node-cron asks ICU what time it is in a zone, and ICU takes 9 MiB to say so. Our schedule knows one zone:
	// UTC.
	define: { 'import.meta.url': 'bundleUrl', 'Intl.DateTimeFormat': 'UtcFormat' },
	inject: [join(import.meta.dirname, 'utc-format.ts')],
	logLevel: 'warning',
});

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
// As Node wraps a module, and here already: at each start that would copy the whole text.
const text = `(function(exports,require,module,__filename,__dirname){${outputFiles[0].text}})\n`;
// Its code cache has the name of what it was made of: V8 itself compares no more than the length.
const id = createHash('sha256').update(text).digest('hex').slice(0, 16);
writeFileSync(join(OUT, 'command.cjs'), `${text}//${id}`);
writeFileSync(join(OUT, 'LICENSES.txt'), licensesOf(Object.keys(metafile.inputs)));
