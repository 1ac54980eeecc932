/**
 * The recipes as somebody would follow them: their manifests parsed, their command lines and programs run.
 */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { parse } from 'yaml';
import { type Etcd, startEtcd } from './support/etcd/etcd.js';
import { freePort } from './support/network/net.js';
import { ended, spawnGuarded } from './support/process/guarded.js';
import { applicationWith } from './support/process/installed.js';
import { alive } from './support/process/proc.js';
import { promtool, promtoolMissing } from './support/process/promtool.js';
import { until } from './support/until.js';

const PASSWORD = 'root-password';
let etcd: Etcd;
beforeAll(async () => {
	etcd = await startEtcd();
	return () => etcd.kill();
});

/** The recipe, its ports replaced by free ones: 8080 and 50051 may be taken on this machine. */
async function recipe(
	name: string,
	ports: readonly number[],
): Promise<{ text: string; port: (told: number) => number }> {
	const free = new Map<number, number>();
	for (const port of ports) free.set(port, await freePort());
	const port = (told: number) => free.get(told) ?? told;
	const raw = readFileSync(join('recipes', name), 'utf8');
	for (const told of ports) expect(raw).toContain(String(told));
	return { text: raw.replace(/\b\d{4,5}\b/g, (told) => String(port(Number(told)))), port };
}

/** Runs these words in that folder, with nothing of this process's environment but what finds programs. */
function launch(
	{ onTestFinished }: TestContext,
	words: readonly string[],
	cwd: string,
	env: Readonly<Record<string, string>>,
) {
	const [command = '', ...args] = words;
	const PATH = `${join(cwd, 'node_modules/.bin')}:${process.env.PATH}`;
	const child = spawnGuarded(command, args, {
		cwd,
		env: { PATH, HOME: cwd, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const said = { text: '' };
	for (const output of [child.stdout, child.stderr])
		output?.setEncoding('utf8').on('data', (text: string) => (said.text += text));
	onTestFinished(() => {
		if (child.pid !== undefined && alive(child.pid)) child.kill('SIGKILL');
	});
	const stopped = async () => {
		child.kill('SIGTERM');
		await ended(child);
		return child.exitCode ?? child.signalCode;
	};
	return { child, said, stopped };
}

const isThere = async (key: string, at: Etcd = etcd): Promise<boolean> =>
	(await at.ctl('get', '--keys-only', key)) !== '';
const words = (dockerfile: string, instruction: string) =>
	JSON.parse(new RegExp(`${instruction} (\\[.*\\])$`, 'm').exec(dockerfile)?.[1] ?? '[]') as string[];
const server = (port: number) => `require('http').createServer((q, s) => s.end()).listen(${port});`;

interface Container {
	readonly name: string;
	readonly args?: readonly string[];
	readonly env?: readonly {
		readonly name: string;
		readonly value?: string;
		readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
	}[];
	readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
	readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
	readonly livenessProbe?: Probe;
	readonly readinessProbe?: Probe;
	readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}
interface Probe {
	readonly httpGet: { readonly path: string; readonly port: number };
}
interface Deployment {
	readonly spec: {
		readonly selector: { readonly matchLabels: object };
		readonly template: {
			readonly metadata: { readonly labels: object };
			readonly spec: {
				readonly terminationGracePeriodSeconds: number;
				readonly containers: readonly Container[];
				readonly volumes: readonly { readonly name: string }[];
			};
		};
	};
}

describe.concurrent('recipes', () => {
	test('kubernetes-sidecar.yaml: the pod registers by its own address, and the probes of a kubelet reach it', async (context) => {
		const { text, port } = await recipe('kubernetes-sidecar.yaml', [8080, 9090]);
		const { selector, template } = (parse(text) as Deployment).spec;
		const { containers, volumes, terminationGracePeriodSeconds } = template.spec;
		const [service, registrar] = containers;
		if (service === undefined || registrar === undefined) throw new Error('two containers');
		expect(template.metadata.labels).toEqual(selector.matchLabels);
		expect(service.ports.map(({ containerPort }) => containerPort)).toEqual([port(8080)]);
		// The service outlives the deregistration, and the pod the service's own stop.
		const [sleep, seconds] = service.lifecycle?.preStop.exec.command ?? [];
		expect(sleep).toBe('sleep');
		expect(Number(seconds)).toBeLessThan(terminationGracePeriodSeconds - 5);

		const own = await startEtcd({ rootPassword: PASSWORD });
		context.onTestFinished(() => own.kill());
		const folder = applicationWith();
		writeFileSync(join(folder, 'password'), `${PASSWORD}\n`);
		const told = Object.fromEntries(
			(registrar.env ?? []).map(({ name, value, valueFrom }) => [
				name,
				value ?? `(${valueFrom?.fieldRef.fieldPath})`,
			]),
		);
		expect(told.POD_IP).toBe('(status.podIP)');
		const mount = registrar.volumeMounts?.find(({ mountPath }) =>
			told.ETCD_PASSWORD_FILE?.startsWith(`${mountPath}/`),
		);
		expect(volumes.map(({ name }) => name)).toContain(mount?.name);
		expect(told.ETCD_ENDPOINTS?.split(';')).toHaveLength(3);
		const cluster = {
			POD_IP: '10.9.8.7',
			ETCD_ENDPOINTS: own.endpoint,
			ETCD_USERNAME: 'root',
			ETCD_PASSWORD_FILE: join(folder, 'password'),
		};
		const entrypoint = words(readFileSync('recipes/sidecar.Dockerfile', 'utf8'), '^ENTRYPOINT');
		const { child, said, stopped } = launch(context, [...entrypoint, ...(registrar.args ?? [])], folder, {
			...told,
			...cluster,
		});

		// A kubelet does not come from 127.0.0.1: what listens there alone refuses this address.
		const probe = async (one: Probe | undefined) =>
			(await fetch(`http://127.0.0.2:${one?.httpGet.port}${one?.httpGet.path}`).catch(() => null))?.status;
		expect([registrar.livenessProbe, registrar.readinessProbe].map((one) => one?.httpGet.path)).toEqual([
			'/livez',
			'/readyz',
		]);
		await until(async () => (await probe(registrar.livenessProbe)) === 200);
		expect(await probe(registrar.readinessProbe)).toBe(503);
		const http = createServer((_, response) => response.end()).listen(port(8080), '127.0.0.1');
		context.onTestFinished(() => void http.close());
		await until(async () => (await probe(registrar.readinessProbe)) === 200, {
			what: `readiness; ${said.text}`,
		});
		const key = `/ns/demo/10.9.8.7:${port(8080)}`;
		expect(await isThere(key, own)).toBe(true);
		if (promtoolMissing() === null) {
			const metrics = await (
				await fetch(`http://127.0.0.2:${registrar.ports[0]?.containerPort}/metrics`)
			).text();
			expect(promtool(['check', 'metrics'], metrics)).toEqual({ status: 0, text: '' });
		}
		expect(child.exitCode).toBe(null);
		expect(await stopped()).toBe(0);
		expect(await isThere(key, own)).toBe(false);
	});

	test('what listens on loopback alone is not reached by such a probe', async (context) => {
		const http = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
		context.onTestFinished(() => void http.close());
		await once(http, 'listening');
		const address = http.address();
		const port = typeof address === 'object' ? address?.port : 0;
		await expect(fetch(`http://127.0.0.2:${port}/`)).rejects.toThrow();
	});

	test('exec.Dockerfile: registered while the service serves, its health check asks, deregistered before it ends', async (context) => {
		const { text, port } = await recipe('exec.Dockerfile', [8080, 9090]);
		const folder = applicationWith();
		writeFileSync(join(folder, 'server.js'), server(port(8080)));
		const env = { ETCD_ENDPOINTS: etcd.endpoint, ...envOf(/^ENV (.*)$/m.exec(text)?.[1]) };
		const { said, stopped } = launch(
			context,
			[...words(text, '^ENTRYPOINT'), ...words(text, '^CMD')],
			folder,
			env,
		);
		const key = `/ns/demo/127.0.0.1:${port(8080)}`;
		await until(() => isThere(key), { what: `${key}; ${said.text}` });
		const health = async () => {
			const { child } = launch(context, words(text, '^HEALTHCHECK .* CMD'), folder, env);
			await ended(child);
			return child.exitCode;
		};
		await until(async () => (await health()) === 0);
		expect(await stopped()).toBe(143);
		expect(await isThere(key)).toBe(false);
		expect(await health()).toBe(1);
	});

	test('etcd-registrar@.service: its command line registers what the environment file says', async (context) => {
		const unit = readFileSync('recipes/etcd-registrar@.service', 'utf8');
		const line = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '';
		const env = { ETCD_ENDPOINTS: etcd.endpoint, SERVICE_NAME: 'unit', SERVICE_ADDR: '10.0.0.5:80' };
		const { said, stopped } = launch(context, line.split(' '), applicationWith(), env);
		await until(() => isThere('/ns/unit/10.0.0.5:80'), { what: said.text });
		expect(await stopped()).toBe(0);
		expect(await isThere('/ns/unit/10.0.0.5:80')).toBe(false);
	});

	test('fastify.js: serves, is registered, and deregisters on SIGTERM', async (context) => {
		const { text, port } = await recipe('fastify.js', [8080, 2379]);
		const folder = applicationWith('fastify');
		writeFileSync(
			join(folder, 'app.mjs'),
			text.replace(`127.0.0.1:${port(2379)}`, etcd.endpoint.replace('http://', '')),
		);
		const { said, stopped } = launch(context, [process.execPath, 'app.mjs'], folder, {});
		const key = `/ns/demo/127.0.0.1:${port(8080)}`;
		await until(() => isThere(key), { what: `${key}; ${said.text}` });
		expect(await (await fetch(`http://127.0.0.1:${port(8080)}/`)).json()).toEqual({ hello: 'world' });
		expect(await stopped()).toBe(0);
		expect(await isThere(key)).toBe(false);
	});

	test('grpc.js: serves, is registered by its environment once it serves, and deregisters on SIGTERM', async (context) => {
		const { text, port } = await recipe('grpc.js', [50051]);
		const folder = applicationWith('@grpc/grpc-js');
		writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
		writeFileSync(join(folder, 'app.js'), text);
		writeFileSync(
			join(folder, 'greeter.js'),
			`import { Server } from '@grpc/grpc-js'; export const server = new Server();`,
		);
		const [, line = ''] = /^\/\/ (.*) node grpc\.js$/m.exec(text) ?? [];
		const { said, stopped } = launch(context, [process.execPath, 'app.js'], folder, {
			...envOf(line),
			ETCD_ENDPOINTS: etcd.endpoint,
		});
		const key = `/ns/greeter/127.0.0.1:${port(50051)}`;
		await until(() => isThere(key), { what: `${key}; ${said.text}` });
		expect(await stopped()).toBe('SIGTERM');
		expect(await isThere(key)).toBe(false);
	});
});

/** `A=1 B=2`. */
const envOf = (line = ''): Record<string, string> =>
	Object.fromEntries(line.split(' ').map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
