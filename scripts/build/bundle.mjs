/**
 * Puts the command into one file, dist/bundle/command.cjs, with V8's code cache beside it: 170 modules become one, etcd3's .proto is parsed
 * now instead of at each start, and nothing is compiled anew. The package works without either (src/commands/bundle.ts falls back).
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { writeCodeCache } from './code-cache.mjs';
import { licensesOf } from './licenses.mjs';

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
	// Loaded after the first registration.
	external: ['winston'],
	supported: { 'dynamic-import': false },
	define: { 'import.meta.url': 'bundleUrl' },
	banner: { js: 'const bundleUrl=require("node:url").pathToFileURL(__filename).href;' },
	plugins: [
		{
			name: 'proto as JSON',
			setup: ({ onLoad }) => onLoad({ filter: /etcd3[/\\]lib[/\\]connection-pool\.js$/ }, inlineProto),
		},
		{
			name: 'cron in UTC',
			setup: ({ onLoad }) => onLoad({ filter: /node-cron[/\\]dist[/\\]_shared\.c?js$/ }, cronInUtc),
		},
	],
	logLevel: 'warning',
});

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
// As Node wraps a module, and here already: at each start that would copy the whole text.
const text = `(function(exports,require,module,__filename,__dirname){${outputFiles[0].text}})\n`;
// The cache bears the name of what it was made of: V8 itself compares no more than the length.
const id = createHash('sha256').update(text).digest('hex').slice(0, 16);
writeFileSync(join(OUT, 'command.cjs'), `${text}//${id}`);
writeFileSync(join(OUT, 'LICENSES.txt'), licensesOf(Object.keys(metafile.inputs)));
await writeCodeCache(OUT);

/** etcd3 reads rpc.proto with proto-loader's loadSync; the same schema as JSON goes to its fromJSON. */
function inlineProto({ path }) {
	const fromEtcd3 = createRequire(path);
	const { Root } = createRequire(fromEtcd3.resolve('@grpc/proto-loader'))('protobufjs');
	const folder = join(dirname(path), '..', 'proto');
	const root = new Root();
	root.resolvePath = (_origin, target) => join(folder, target.split('/').at(-1));
	root.loadSync('rpc.proto', { keepCase: true });
	const source = readFileSync(path, 'utf8');
	const contents = source.replace(
		/\.loadSync\)\(`[^`]*rpc\.proto`,/,
		() => `.fromJSON)(${JSON.stringify(root.toJSON())},`,
	);
	if (contents === source)
		throw new Error(`${path} does not load rpc.proto as expected: look at what changed in etcd3`);
	return { contents, loader: 'js' };
}

/** node-cron asks ICU what time it is in a zone, and ICU takes 9 MiB to say so. Our schedule knows one zone: UTC. */
function cronInUtc({ path }) {
	const source = readFileSync(path, 'utf8');
	const parts = source.split('new Intl.DateTimeFormat(');
	if (parts.length !== 3)
		throw new Error(`${path} does not tell the time as expected: look at what changed in node-cron`);
	const utcFormat = JSON.stringify(join(import.meta.dirname, 'utc-format.ts'));
	return {
		contents: `${parts.join('new UtcFormat(')}\nimport { UtcFormat } from ${utcFormat};`,
		loader: 'js',
	};
}
