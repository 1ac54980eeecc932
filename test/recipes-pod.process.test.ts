/**
 * recipes/kubernetes-native-sidecar.yaml at the end of a pod, in the order of a kubelet: every preStop at
 * once, then SIGTERM to the service, then to the sidecar when the service has ended.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { parse } from 'yaml';
import { type Discovery, discover } from '../src/discovery.js';
import { type Etcd, startEtcd } from './support/etcd/etcd.js';
import { freePort } from './support/network/net.js';
import { type RunningCommand, runCommand } from './support/process/command.js';
import { ended, spawnGuarded } from './support/process/guarded.js';
import { applicationWith } from './support/process/installed.js';
import { until } from './support/until.js';

interface Container {
	readonly name: string;
	readonly args?: readonly string[];
	readonly restartPolicy?: string;
	readonly env?: readonly { readonly name: string; readonly value?: string }[];
	readonly lifecycle: {
		readonly preStop: {
			readonly exec?: { readonly command: readonly string[] };
			readonly sleep?: { readonly seconds: number };
		};
	};
	readonly volumeMounts?: readonly { readonly mountPath: string }[];
}
interface PodSpec {
	readonly terminationGracePeriodSeconds: number;
	readonly initContainers: readonly [Container];
	readonly containers: readonly [Container];
}
const podOf = (file: string): PodSpec =>
	(parse(readFileSync(file, 'utf8')) as { spec: { template: { spec: PodSpec } } }).spec.template.spec;

/** Answers with its address, and ends at once when it is told to: whoever still calls it then fails. */
const SERVICE = `require('http').createServer((request, response) => response.end(process.env.ADDRESS))
	.listen(Number(process.env.PORT), process.env.ADDRESS);
process.on('SIGTERM', () => process.exit(0));`;

class Pod {
	readonly #service;
	readonly #registrar: RunningCommand;

	constructor(
		private readonly spec: PodSpec,
		private readonly env: Readonly<Record<string, string>>,
		readonly address: string,
		port: number,
		folder: string,
	) {
		const [registrar] = spec.initContainers;
		const told = (registrar.env ?? []).flatMap(({ name, value }) =>
			value === undefined ? [] : [[name, value.replace('127.0.0.1:8080', `${address}:${port}`)]],
		);
		this.env = {
			...Object.fromEntries(told),
			...env,
			POD_IP: address,
			SERVICE_ADDR: `:${port}`,
			REGISTRAR_HTTP: `${address}:${Number(port) + 1}`,
			REGISTRAR_CONTROL: join(folder, `${address}.sock`),
		};
		this.#registrar = runCommand(registrar.args ?? [], this.env);
		this.#service = spawnGuarded(process.execPath, ['-e', SERVICE], {
			env: { PORT: String(port), ADDRESS: address },
			stdio: 'ignore',
		});
	}

	async end(): Promise<void> {
		const [registrar, service] = [this.spec.initContainers[0], this.spec.containers[0]];
		await Promise.all([this.#preStop(registrar), this.#preStop(service)]);
		this.#service.kill('SIGTERM');
		await ended(this.#service);
		this.#registrar.signal('SIGTERM');
		expect((await this.#registrar.waitExit()).code).toBe(0);
	}

	async #preStop({ lifecycle }: Container): Promise<void> {
		const { exec, sleep } = lifecycle.preStop;
		if (sleep !== undefined) await new Promise((resolve) => setTimeout(resolve, sleep.seconds * 1_000));
		const [program, ...args] = exec?.command ?? [];
		if (program === undefined) return;
		expect(program).toBe('etcd-registrar');
		const { code, stderr } = await runCommand(args, this.env).waitExit();
		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
	}
}

/** Calls whatever discovery picks, over and over, and counts what fails. */
class Load {
	calls = 0;
	readonly failures: string[] = [];
	readonly answered = new Set<string>();
	#over = false;
	readonly #done: Promise<unknown>;

	constructor(private readonly found: Discovery) {
		this.#done = Promise.all(Array.from({ length: 5 }, () => this.#worker()));
	}

	async end(): Promise<void> {
		this.#over = true;
		await this.#done;
	}

	async #worker(): Promise<void> {
		while (!this.#over) {
			const addr = this.found.pick()?.addr;
			this.calls += 1;
			try {
				const response = await fetch(`http://${addr}/`, { headers: { connection: 'close' } });
				this.answered.add(await response.text());
			} catch (error) {
				this.failures.push(`${addr}: ${error instanceof Error ? error.message : error}`);
			}
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	}
}

async function rolled(context: TestContext, etcd: Etcd, spec: PodSpec): Promise<Load> {
	const folder = applicationWith();
	const port = await freePort();
	const found = discover({ endpoints: etcd.endpoint, name: 'demo' });
	context.onTestFinished(() => found.close());
	const has = (...addresses: string[]) =>
		until(() => found.instances.map(({ host }) => host).join() === addresses.join(), {
			what: `${addresses} found`,
		});
	const env = { ETCD_ENDPOINTS: etcd.endpoint, ETCD_USERNAME: '', ETCD_PASSWORD_FILE: '' };
	const begin = (address: string) => new Pod(spec, env, address, port, folder);
	const [first, second] = [begin('127.0.0.11'), begin('127.0.0.12')];
	await has(first.address, second.address);
	const load = new Load(found);
	await until(() => load.answered.size === 2);
	// A rolling update: the next pod stands before an old one ends.
	const third = begin('127.0.0.13');
	await has(first.address, second.address, third.address);
	await first.end();
	const fourth = begin('127.0.0.14');
	await until(() => found.instances.some(({ host }) => host === fourth.address));
	await second.end();
	await load.end();
	await Promise.all([third, fourth].map((pod) => pod.end()));
	return load;
}

test('a rolling update of pods fails no call of a client that follows discovery', async (context) => {
	const etcd = await startEtcd();
	context.onTestFinished(() => etcd.kill());
	const spec = podOf('recipes/kubernetes-native-sidecar.yaml');
	expect(spec.initContainers[0]).toMatchObject({ name: 'registrar', restartPolicy: 'Always' });
	const seconds = spec.containers[0].lifecycle.preStop.sleep?.seconds ?? 0;
	expect(seconds).toBeLessThan(spec.terminationGracePeriodSeconds - 5);
	const { calls, failures, answered } = await rolled(context, etcd, spec);
	expect(failures).toEqual([]);
	expect(calls).toBeGreaterThan(100);
	expect([...answered].sort()).toEqual(['127.0.0.11', '127.0.0.12', '127.0.0.13', '127.0.0.14']);
});

test('the same without the pause: calls fail, since the sidecar is told last', async (context) => {
	const etcd = await startEtcd();
	context.onTestFinished(() => etcd.kill());
	const spec = podOf('recipes/kubernetes-native-sidecar.yaml');
	const [registrar] = spec.initContainers;
	const without = { ...registrar, lifecycle: { preStop: {} } };
	const { failures } = await rolled(context, etcd, { ...spec, initContainers: [without] });
	expect(failures.length).toBeGreaterThan(0);
});

test('the Kustomize component adds the same sidecar, told by the pod itself', () => {
	const component = parse(readFileSync('recipes/kustomize/kustomization.yaml', 'utf8')) as {
		kind: string;
		patches: readonly { path: string }[];
	};
	expect(component.kind).toBe('Component');
	expect(component.patches.map(({ path }) => path)).toEqual(['registrar.yaml']);
	const [patch] = podOf('recipes/kustomize/registrar.yaml').initContainers;
	const [plain] = podOf('recipes/kubernetes-native-sidecar.yaml').initContainers;
	const same = ['name', 'image', 'args', 'restartPolicy', 'lifecycle', 'livenessProbe', 'resources'] as const;
	for (const field of [...same, 'securityContext'] as const)
		expect(patch[field as keyof Container]).toEqual(plain[field as keyof Container]);
	const names = new Set(patch.env?.map(({ name }) => name));
	for (const name of ['POD_IP', 'SERVICE_NAME', 'SERVICE_ADDR', 'REGISTRAR_CONTROL', 'REGISTRAR_HTTP'])
		expect(names).toContain(name);
	const control = patch.env?.find(({ name }) => name === 'REGISTRAR_CONTROL')?.value ?? '';
	expect(patch.volumeMounts?.some(({ mountPath }) => control.startsWith(`${mountPath}/`))).toBe(true);
});
