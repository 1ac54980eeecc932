/**
 * `make test-node`: the tests on every Node that the package supports, and on every etcd: Node 20, 22, 24 and
 * 26 from the npm registry's own packages of it, etcd 3.4 or what is installed, and 3.5 from a later Debian.
 * `make test-node ONLY=node-22` runs one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, resolve } from 'node:path';
import { build } from 'esbuild';

const NODES = [20, 22, 24, 26];
const say = (line) => process.stderr.write(`make test-node: ${line}\n`);
const runs = [
	...NODES.map((major) => ({ name: `node-${major}`, env: () => onNode(major) })),
	{ name: 'etcd-3.5', env: onNewerEtcd },
].filter(({ name }) => !process.env.ONLY || process.env.ONLY === name);

const results = [];
for (const { name, env } of runs) {
	const extra = await env();
	if (extra === null) {
		results.push([name, 'NOT RUN: it cannot be had here']);
		continue;
	}
	const environment = { ...process.env, ...extra };
	const version = spawnSync('node', ['--version'], { env: environment, encoding: 'utf8' }).stdout.trim();
	say(`${name} (${version})`);
	const { status } = spawnSync('npm', ['test', '--silent'], { env: environment, stdio: 'inherit' });
	results.push([`${name} (${version})`, status === 0 ? 'passed' : `FAILED (${status})`]);
}
for (const [name, result] of results) process.stdout.write(`${name.padEnd(24)} ${result}\n`);
process.exitCode = results.every(([, result]) => result === 'passed') ? 0 : 1;

/**
 * The registry holds each release of Node as a plain package for each platform: no install script, no
 * download of its own.
 */
function onNode(major) {
	const folder = resolve(`node_modules/.cache/node-${major}`);
	const name = `node-${process.platform}-${process.arch}`;
	const binary = `${folder}/node_modules/${name}/bin/node`;
	if (!existsSync(binary))
		spawnSync('npm', ['install', '--silent', '--no-save', '--prefix', folder, `${name}@${major}`], {
			stdio: 'inherit',
		});
	return existsSync(binary) ? { PATH: `${dirname(binary)}${delimiter}${process.env.PATH}` } : null;
}

async function onNewerEtcd() {
	const outfile = resolve('node_modules/.cache/newer-etcd.mjs');
	await build({
		entryPoints: ['test/support/etcd/newer-etcd.ts'],
		outfile,
		bundle: true,
		platform: 'node',
		format: 'esm',
		logLevel: 'error',
	});
	const binary = (await import(outfile)).newerEtcd();
	return binary === null ? null : { ETCD_BIN: binary };
}
