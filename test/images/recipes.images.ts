/**
 * The Dockerfiles of the recipes, built and run as the documentation recommends: no root, a read-only file
 * system, no capabilities, 64 MiB.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import { freePort } from '../support/network/net.js';
import { removeAtExit } from '../support/process/guarded.js';
import { until } from '../support/until.js';
import { Engine } from './engine.js';

const SERVER = `const server = require('node:http').createServer((_, response) => response.end()).listen(process.env.PORT);
process.on('SIGTERM', () => { console.log('SIGTERM at ' + new Date().toISOString()); server.close(); });`;

let etcd: Etcd;
let engine: Engine;
let sidecar: string;
let shellless: string;
let exec: string;
const isThere = async (key: string) => (await etcd.ctl('get', '--keys-only', key)) !== '';

beforeAll(async () => {
	engine = await Engine.here();
	etcd = await startEtcd();
	const { folder } = context('sidecar.Dockerfile');
	sidecar = await engine.image(folder, join(folder, 'sidecar.Dockerfile'));
	writeFileSync(
		join(folder, 'shellless.Dockerfile'),
		`FROM ${sidecar}\nUSER root\nRUN rm -f /bin/bash /bin/dash /bin/sh\nUSER node\n`,
	);
	shellless = await engine.image(folder, join(folder, 'shellless.Dockerfile'));
	const { folder: service, tarball } = context('exec.Dockerfile');
	const dependencies = { 'etcd-registrar': `file:${tarball}` };
	writeFileSync(join(service, 'package.json'), JSON.stringify({ name: 'demo', private: true, dependencies }));
	writeFileSync(join(service, 'server.js'), SERVER);
	npm(service, 'install', '--package-lock-only');
	exec = await engine.image(service, join(service, 'exec.Dockerfile'));
});
afterAll(async () => {
	await engine?.end();
	await etcd?.kill();
});

/** A folder with the packed package and that recipe. */
function context(recipe: string) {
	const folder = mkdtempSync(join(tmpdir(), 'image-'));
	removeAtExit(folder);
	const tarball = npm(process.cwd(), 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder);
	copyFileSync(join('recipes', recipe), join(folder, recipe));
	return { folder, tarball };
}
const npm = (cwd: string, ...args: readonly string[]) =>
	execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: 'pipe' }).trim();

test.each([
	['as it is', 'sidecar', () => sidecar],
	['without any shell in it', 'shellless', () => shellless],
])(
	'sidecar.Dockerfile, %s: registers, answers its probes, leaves by its preStop and comes back, and is gone after SIGTERM',
	async (_, name, image) => {
		const port = await freePort();
		const container = await engine.container(
			image(),
			{
				...{ ETCD_ENDPOINTS: etcd.endpoint, SERVICE_NAME: name, SERVICE_ADDR: '10.0.0.5:80' },
				...{ REGISTRAR_HTTP: `127.0.0.1:${port}`, REGISTRAR_CONTROL: '/run/registrar/control.sock' },
			},
			['--memory', '64m', '--tmpfs', '/run/registrar:mode=1777'],
		);
		const key = `/ns/${name}/10.0.0.5:80`;
		try {
			await until(() => isThere(key));
			await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200);
			expect(await container.exec('etcd-registrar', 'health')).toMatchObject({ code: 0 });
			const pause = ['etcd-registrar', 'pause', '--reason', 'the pod ends'];
			expect(await container.exec(...pause)).toMatchObject({ code: 0 });
			expect(await isThere(key)).toBe(false);
			expect((await container.exec('etcd-registrar', 'status')).stdout).toContain('the pod ends');
			expect(await container.exec('etcd-registrar', 'resume')).toMatchObject({ code: 0 });
			expect(await isThere(key)).toBe(true);
			expect((await container.exec('sh', '-c', 'true')).code === 0).toBe(image() === sidecar);
			// No root, and nothing to write to.
			expect((await container.exec('node', '-p', 'process.getuid()')).stdout).toBe('1000\n');
			const write = `require('node:fs').writeFileSync('/home/node/it', '')`;
			expect((await container.exec('node', '-e', write)).stderr).toContain('EROFS');
		} catch (error) {
			throw new Error(await container.logs(), { cause: error });
		}
		expect(await container.stop()).toBe(0);
		expect(await isThere(key)).toBe(false);
	},
);

test('exec.Dockerfile: the service is registered while it serves, its health check asks, and it is asked to end after its key is gone', async () => {
	const [port, http] = [await freePort(), await freePort()];
	const container = await engine.container(
		exec,
		{
			...{ ETCD_ENDPOINTS: etcd.endpoint, PORT: String(port), SERVICE_ADDR: `127.0.0.1:${port}` },
			REGISTRAR_HTTP: `127.0.0.1:${http}`,
		},
		['--init'],
	);
	const key = `/ns/demo/127.0.0.1:${port}`;
	try {
		await until(() => isThere(key));
		const inspected = JSON.parse(await engine.run('image', 'inspect', exec))[0];
		const [kind, ...command] = (inspected.Healthcheck ?? inspected.Config.Healthcheck).Test;
		expect(kind).toBe('CMD');
		await until(async () => (await container.exec(...command)).code === 0);
	} catch (error) {
		throw new Error(await container.logs(), { cause: error });
	}
	expect(await container.stop()).toBe(0);
	expect(await isThere(key)).toBe(false);
	const log = await container.logs();
	const [, asked] = /^SIGTERM at (\S+)$/m.exec(log) ?? [];
	const [, deregistered] = /^\{"time":"([^"]+)".*"message":"deregistered"/m.exec(log) ?? [];
	expect(new Date(asked ?? '').getTime()).toBeGreaterThanOrEqual(new Date(deregistered ?? '').getTime());
});

test('the documentation tells how much the package adds to its base', async () => {
	const [, base = ''] = /^FROM (\S+)$/m.exec(readFileSync('recipes/sidecar.Dockerfile', 'utf8')) ?? [];
	const [whole, without] = [await engine.sizeOf(sidecar), await engine.sizeOf(base)];
	const added = (whole - without) / 2 ** 20;
	process.stdout.write(
		`${base} ${(without / 2 ** 20).toFixed(0)} MiB, the registrar adds ${added.toFixed(1)} MiB\n`,
	);
	const told = Number(/adds (\d+) MiB\s+to the base/.exec(readFileSync('docs/deploy.md', 'utf8'))?.[1]);
	expect(Math.abs(told - added)).toBeLessThan(2);
});
