/** The recipes that feed other programs with `watch --exec`, with the real programs. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { type Etcd, startEtcd } from './support/etcd/etcd.js';
import { needs } from './support/needs.js';
import { freePort } from './support/network/net.js';
import { runCommand } from './support/process/command.js';
import { removeAtExit, spawnGuarded } from './support/process/guarded.js';
import { getText } from './support/process/http.js';
import { applicationWith } from './support/process/installed.js';
import { program } from './support/process/unpacked.js';
import { until } from './support/until.js';

let etcd: Etcd;
beforeAll(async () => {
	etcd = await startEtcd();
	return () => etcd.kill();
});

function aFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'recipe-'));
	removeAtExit(folder);
	return folder;
}

/** An HTTP server that tells its own address. */
async function aServer({ onTestFinished }: TestContext): Promise<string> {
	const server = createServer((_, response) => response.end(addr));
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	onTestFinished(() => void server.close());
	const addr = `127.0.0.1:${(server.address() as AddressInfo).port}`;
	return addr;
}

/** `watch NAME --exec` as the head of the recipe tells it. */
function watch(
	{ onTestFinished }: TestContext,
	recipe: string,
	name: string,
	file: string,
	env: Record<string, string>,
) {
	const text = readFileSync(join('recipes', recipe), 'utf8');
	expect(text).toMatch(
		new RegExp(`^//   etcd-registrar watch user --exec 'node ${recipe} user /\\S+'$`, 'm'),
	);
	const exec = `"${process.execPath}" ${resolve('recipes', recipe)} ${name} ${file}`;
	const running = runCommand(['watch', name, '--exec', exec], {
		ETCD_ENDPOINTS: etcd.endpoint,
		SERVICE_FORMAT: 'json',
		...env,
	});
	onTestFinished(() => running.signal('SIGKILL'));
	return running;
}

const register = async (name: string, addr: string, weight = 100) =>
	void (await etcd.ctl(
		'put',
		`/ns/${name}/${addr}`,
		JSON.stringify({ name, addr, id: addr, version: 'v1', weight, metadata: { zone: 'a', __name: 'b' } }),
	));
const deregister = async (name: string, addr: string) => void (await etcd.ctl('del', `/ns/${name}/${addr}`));

/** Resolves once the answers of the last requests come from exactly these. */
async function answeredBy(port: number, ...addrs: readonly string[]): Promise<void> {
	await until(
		async () => {
			const answers = await Promise.all(
				Array.from({ length: 12 }, () => getText(`http://127.0.0.1:${port}/`).catch(() => 'none')),
			);
			return [...new Set(answers)].sort().join() === [...addrs].sort().join();
		},
		{ what: `answers from ${addrs}` },
	);
}

/** Two instances, one of them deregistered, another one registered, and then none. */
async function followed(context: TestContext, name: string, port: number): Promise<void> {
	const [one, other, third] = [await aServer(context), await aServer(context), await aServer(context)];
	await register(name, one, 1);
	await register(name, other, 1);
	await answeredBy(port, one, other);
	await deregister(name, one);
	await answeredBy(port, other);
	await register(name, third, 1);
	await answeredBy(port, other, third);
}

describe('recipes for watch --exec', () => {
	test('nginx-upstream.mjs: nginx follows the instances, and a file that it refuses changes nothing', async (context) => {
		const nginx = program('nginx', '-v');
		needs(context, nginx.missing);
		const [folder, port] = [aFolder(), await freePort()];
		const upstream = join(folder, 'web.upstream.conf');
		writeFileSync(upstream, 'upstream web {\n\tserver 127.0.0.1:9 down;\n}\n');
		const config = join(folder, 'nginx.conf');
		writeFileSync(
			config,
			`daemon off; pid ${folder}/pid; error_log stderr; worker_processes 1; events {}
			http { access_log off; client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
			uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e; include ${upstream};
			server { listen 127.0.0.1:${port}; location / { proxy_pass http://web; } } }`,
		);
		const args = ['-c', config, '-p', folder, '-e', 'stderr'];
		const server = spawnGuarded(nginx.path, args, { stdio: 'ignore', env: { ...nginx.env } });
		context.onTestFinished(() => void server.kill('SIGTERM'));
		await until(() => getText(`http://127.0.0.1:${port}/`));
		context.onTestFinished(async () => void (await etcd.ctl('del', '--prefix', '/ns/web/')));
		const follower = watch(context, 'nginx-upstream.mjs', 'web', upstream, {
			NGINX: [nginx.path, ...args].join(' '),
			...nginx.env,
		});
		await followed(context, 'web', port);

		const good = readFileSync(upstream, 'utf8');
		await etcd.ctl('put', '/ns/web/x', JSON.stringify({ addr: 'no-such-host.invalid:80', weight: 1 }));
		await until(() => follower.stderr.includes('the command ended with exit code 1'));
		await until(() => readFileSync(upstream, 'utf8') === good);
	});

	test('haproxy-backend.mjs: HAProxy follows the instances', async (context) => {
		const haproxy = program('haproxy', '-v');
		needs(context, haproxy.missing);
		const [folder, port] = [aFolder(), await freePort()];
		mkdirSync(join(folder, 'conf.d'));
		const backend = join(folder, 'conf.d', 'api.cfg');
		writeFileSync(backend, 'backend api\n');
		const config = join(folder, 'haproxy.cfg');
		writeFileSync(
			config,
			`defaults
	mode http
	timeout connect 1s
	timeout client 5s
	timeout server 5s
frontend front
	bind 127.0.0.1:${port}
	default_backend api
`,
		);
		const pid = join(folder, 'pid');
		const server = spawnGuarded(haproxy.path, ['-W', '-p', pid, '-f', config, '-f', join(folder, 'conf.d')], {
			stdio: 'ignore',
			env: { ...haproxy.env },
		});
		context.onTestFinished(() => void server.kill('SIGTERM'));
		await until(() => getText(`http://127.0.0.1:${port}/`));
		watch(context, 'haproxy-backend.mjs', 'api', backend, {
			...{ HAPROXY: haproxy.path, HAPROXY_CFG: config, HAPROXY_PID: pid },
			...haproxy.env,
		});
		await followed(context, 'api', port);
	});

	test('prometheus-targets.mjs: Prometheus scrapes the instances', async (context) => {
		const prometheus = program('prometheus', '--version');
		needs(context, prometheus.missing);
		const [folder, port] = [aFolder(), await freePort()];
		const targets = join(folder, 'targets.json');
		const config = join(folder, 'prometheus.yml');
		writeFileSync(
			config,
			`scrape_configs: [{ job_name: services, scrape_interval: 1s, file_sd_configs: [{ files: ['${targets}'] }] }]`,
		);
		const server = spawnGuarded(
			prometheus.path,
			[
				`--config.file=${config}`,
				`--storage.tsdb.path=${folder}/data`,
				`--web.listen-address=127.0.0.1:${port}`,
			],
			{ stdio: 'ignore', env: { ...prometheus.env } },
		);
		context.onTestFinished(() => void server.kill('SIGTERM'));
		const seen = async () => {
			const text = await getText(`http://127.0.0.1:${port}/api/v1/targets?state=active`);
			const { data } = JSON.parse(text) as { data: { activeTargets: { labels: Record<string, string> }[] } };
			return data.activeTargets.map(({ labels }) => labels);
		};
		watch(context, 'prometheus-targets.mjs', 'metrics', targets, {});
		await register('metrics', '10.0.0.1:9100');
		await register('metrics', '10.0.0.2:9100');
		await until(async () => (await seen()).length === 2);
		expect((await seen()).find(({ instance }) => instance === '10.0.0.1:9100')).toMatchObject({
			...{ job: 'services', service: 'metrics', instance_id: '10.0.0.1:9100', version: 'v1', zone: 'a' },
			meta___name: 'b',
		});
		await deregister('metrics', '10.0.0.1:9100');
		await until(async () => (await seen()).length === 1);
	});

	test('undici.mjs: connection pools follow the instances', async (context) => {
		const [one, other, third] = [await aServer(context), await aServer(context), await aServer(context)];
		for (const addr of [one, other]) await etcd.ctl('put', `/ns/user/${addr}`, addr);
		const app = applicationWith('undici');
		const recipe = readFileSync('recipes/undici.mjs', 'utf8');
		// Asks on, one request after the other, and tells who answers.
		const more = `for (;;) {
			const { body } = await request('http://user/', { dispatcher });
			console.log(await body.text());
			await new Promise((resolve) => setTimeout(resolve, 5));
		}`;
		writeFileSync(join(app, 'app.mjs'), `${recipe}\n${more}`);
		const running = runCommand(
			[],
			{ ETCD_ENDPOINTS: etcd.endpoint },
			{ cwd: app, entry: join(app, 'app.mjs') },
		);
		context.onTestFinished(() => running.signal('SIGKILL'));
		const answered = (...addrs: readonly string[]) =>
			until(
				() => {
					const last = running.stdout.trimEnd().split('\n').slice(-10);
					return last.length === 10 && [...new Set(last)].sort().join() === [...addrs].sort().join();
				},
				{ what: `answers from ${addrs}; ${running.stderr}` },
			);
		await answered(one, other);
		await etcd.ctl('del', `/ns/user/${one}`);
		await answered(other);
		await etcd.ctl('put', `/ns/user/${third}`, third);
		await answered(other, third);
		expect(running.stderr).toBe('');
	});
});
