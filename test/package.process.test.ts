/** The package as others get it: what is in it, and that both kinds of programs can load it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { applicationWith } from './support/process/installed.js';

const PUBLIC = [
	...['ConfigError', 'ConflictError', 'NotStartedError', 'StoppedError', 'StoreError'],
	...['createRegistrar', 'fromPino', 'register'],
];
const node = (cwd: string, ...args: readonly string[]) =>
	execFileSync(process.execPath, args, { cwd, encoding: 'utf8' });

test('import and require() give the same public names, and loading does no work that keeps a program alive', () => {
	const app = applicationWith();
	const names = '.filter((name) => name !== "module.exports").sort().join()';
	expect(
		node(
			app,
			'--input-type=module',
			'-e',
			`import * as all from 'etcd-registrar'; console.log(Object.keys(all)${names})`,
		),
	).toBe(`${PUBLIC}\n`);
	expect(
		node(app, '--input-type=commonjs', '-e', `console.log(Object.keys(require('etcd-registrar'))${names})`),
	).toBe(`${PUBLIC}\n`);
});

test.each([
	['etcd-registrar/discovery', ['ClosedError', 'ConfigError', 'discover']],
	['etcd-registrar/grpc', ['ConfigError', 'registerResolver']],
])(
	'%s: import and require() give the same public names, and loading it keeps nothing alive',
	(entry, names) => {
		const app = applicationWith();
		const list = 'console.log(Object.keys(all).filter((name) => name !== "module.exports").sort().join())';
		for (const [type, load] of [
			['module', `import * as all from '${entry}';`],
			['commonjs', `const all = require('${entry}');`],
		])
			expect(node(app, `--input-type=${type}`, '-e', `${load} ${list}`)).toBe(`${names}\n`);
	},
);

test('what is closed keeps nothing alive', () => {
	const code = `import { discover } from 'etcd-registrar/discovery';
		const users = discover({ endpoints: 'http://127.0.0.1:9', name: 'user' });
		const waiting = users.ready().catch(({ code }) => console.log(code));
		setTimeout(() => users.close(), 300);
		await waiting;`;
	// It would not end, and the test with it.
	expect(node(applicationWith(), '--input-type=module', '-e', code)).toBe('closed\n');
});

test('the command tells the bare version of the package', () => {
	const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
	expect(node(process.cwd(), 'dist/cli.js', '--version')).toBe(`${version}\n`);
});

test('it holds the program, its types, its licences and nothing of the checkout', () => {
	// Without the scripts: they would build anew under the other tests.
	const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	const [{ files }] = JSON.parse(listed) as [{ files: readonly { readonly path: string }[] }];
	const paths = files.map(({ path }) => path);
	expect(paths).toEqual(
		expect.arrayContaining([
			'LICENSE',
			'README.md',
			'CHANGELOG.md',
			'package.json',
			'dist/cli.js',
			'dist/index.js',
			'dist/index.d.ts',
		]),
	);
	expect(paths).toEqual(
		expect.arrayContaining([
			'dist/auto.js',
			'dist/auto.d.ts',
			'dist/bundle/command.cjs',
			'dist/bundle/LICENSES.txt',
		]),
	);
	expect(
		paths.filter(
			(path) =>
				!/^(?:dist|docs|recipes|src)\/|^(?:LICENSE|README\.md|CHANGELOG\.md|package\.json)$/.test(path),
		),
	).toEqual([]);
	// A debugger steps from the program into its TypeScript, an editor from a type to where it is written.
	for (const path of ['dist/index.js.map', 'dist/index.d.ts.map', 'dist/auto.js.map']) {
		const { sources } = JSON.parse(readFileSync(path, 'utf8')) as { sources: readonly string[] };
		expect(paths).toEqual(expect.arrayContaining([path, ...sources.map((each) => posix.join('dist', each))]));
	}
	expect(paths.filter((path) => /test|\.env|\.tgz|node_modules/.test(path))).toEqual([]);
});

test('of every package in the bundled command the licence stands beside it', () => {
	const licences = readFileSync('dist/bundle/LICENSES.txt', 'utf8');
	for (const name of ['etcd3', '@grpc/grpc-js', 'protobufjs', 'dotenv'])
		expect(licences).toMatch(new RegExp(`^${name} \\d\\S* \\(\\S+\\)$`, 'm'));
	// Of each the text, not only the name.
	for (const entry of licences.split(/^-{80}$/m))
		expect(entry.trim().split('\n').length, entry.slice(0, 60)).toBeGreaterThan(5);
});
