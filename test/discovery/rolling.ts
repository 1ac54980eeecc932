/**
 * Three real gRPC servers under `run --`, rolled one after the other under constant load, and etcd away in
 * the middle.
 */
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { registerResolver } from '../../src/grpc.js';
import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import { freePort } from '../support/network/net.js';
import { type RunningCommand, runCommand } from '../support/process/command.js';
import { until } from '../support/until.js';
import { RELEASES, type Release, type Who, whoClient } from './grpc/who.js';

export interface Rolling {
	/** How often each server is stopped and started again. */
	readonly rounds: number;
	/** How long etcd is away, after half of the rounds; 0 = it stays. */
	readonly outageMs: number;
	/** `REGISTRAR_DRAIN_DELAY` */
	readonly drainDelay: string;
	/** How the client finds the servers. */
	readonly dial: 'etcd' | 'static addresses';
	readonly release?: keyof typeof RELEASES;
}

export interface Rolled {
	readonly calls: number;
	readonly failed: number;
	/** What the failed ones said, and how often. */
	readonly reasons: Readonly<Record<string, number>>;
	/** Calls per server, the least and the most. */
	readonly spread: readonly [least: number, most: number];
}

const SERVER = fileURLToPath(new URL('./programs/who-server.mjs', import.meta.url));
const NAME = 'who';
const SERVERS = 3;
const CALLS_PER_SECOND = 200;
/** No call of these takes so long; on a machine that stands still for a second none is taken for lost. */
const DEADLINE_MS = 10_000;

export async function rolled(context: TestContext, rolling: Rolling): Promise<Rolled> {
	const etcd = await startEtcd();
	context.onTestFinished(() => etcd.kill());
	const gateway = new Gateway(etcd.endpoint);
	context.onTestFinished(() => gateway.close());
	const ports = await Promise.all(Array.from({ length: SERVERS }, freePort));
	const servers = ports.map((port) => new Server(etcd, gateway, port, rolling.drainDelay));
	context.onTestFinished(() => Promise.all(servers.map((server) => server.stop())).then(() => {}));
	for (const server of servers) await server.start();

	const grpc = RELEASES[rolling.release ?? '1.14'];
	const client = dial(grpc, rolling.dial, etcd, ports);
	context.onTestFinished(() => client.close());
	await until(async () => (await client.answering()).split(',').length === SERVERS);

	const load = new Load(client);
	const roll = async (rounds: number) => {
		for (let round = 0; round < rounds; round += 1) for (const server of servers) await server.restart();
	};
	await roll(Math.ceil(rolling.rounds / 2));
	if (rolling.outageMs > 0) {
		await etcd.stop();
		await new Promise((resolve) => setTimeout(resolve, rolling.outageMs));
		await etcd.start();
		for (const server of servers) await server.registered();
	}
	await roll(Math.floor(rolling.rounds / 2));
	return await load.end();
}

function dial(grpc: Release, how: Rolling['dial'], etcd: Etcd, ports: readonly number[]): Who {
	if (how === 'etcd') {
		registerResolver(grpc, { endpoints: etcd.endpoint, format: 'grpc' });
		return whoClient(grpc, `etcd:///${NAME}`);
	}
	return whoClient(grpc, `ipv4:${ports.map((port) => `127.0.0.1:${port}`).join()}`, {
		'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
	});
}

class Server {
	#running: RunningCommand | null = null;

	constructor(
		private readonly etcd: Etcd,
		private readonly gateway: Gateway,
		private readonly port: number,
		private readonly drainDelay: string,
	) {}

	async start(): Promise<void> {
		this.#running = runCommand(['run', '--', process.execPath, SERVER], {
			...{ ETCD_ENDPOINTS: this.etcd.endpoint, SERVICE_NAME: NAME, SERVICE_FORMAT: 'grpc' },
			...{ SERVICE_ADDR: `127.0.0.1:${this.port}`, PORT: String(this.port) },
			REGISTRAR_DRAIN_DELAY: this.drainDelay,
		});
		await this.registered();
	}

	async registered(): Promise<void> {
		const key = `${NAME}/127.0.0.1:${this.port}`;
		await until(() => this.gateway.get(key), { what: `${key} in etcd` });
	}

	async stop(): Promise<void> {
		this.#running?.signal('SIGTERM');
		await this.#running?.waitExit();
		this.#running = null;
	}

	async restart(): Promise<void> {
		await this.stop();
		await this.start();
		// The next one is stopped when this one works: as any rolling update waits for the new instance.
		await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
	}
}

const SETTLE_MS = 500;

/** So many calls a second, whatever becomes of them. */
class Load {
	readonly #reasons: Record<string, number> = {};
	readonly #answers: Record<string, number> = {};
	readonly #calls = new Set<Promise<void>>();
	readonly #timer: NodeJS.Timeout;
	readonly #beganMs = performance.now();
	#made = 0;

	constructor(private readonly client: Who) {
		this.#timer = setInterval(() => this.#go(), 5);
	}

	async end(): Promise<Rolled> {
		clearInterval(this.#timer);
		await Promise.all(this.#calls);
		const shares = Object.values(this.#answers);
		return {
			calls: this.#made,
			failed: Object.values(this.#reasons).reduce((sum, times) => sum + times, 0),
			reasons: this.#reasons,
			spread: [Math.min(...shares), Math.max(...shares)],
		};
	}

	#go(): void {
		const due = Math.floor(((performance.now() - this.#beganMs) / 1_000) * CALLS_PER_SECOND);
		for (; this.#made < due; this.#made += 1) {
			const call = this.client.ask({ deadlineMs: DEADLINE_MS }).then(
				(server) => count(this.#answers, server),
				(error: unknown) => count(this.#reasons, error instanceof Error ? error.message : String(error)),
			);
			this.#calls.add(call);
			void call.then(() => this.#calls.delete(call));
		}
	}
}

function count(counts: Record<string, number>, key: string): void {
	counts[key] = (counts[key] ?? 0) + 1;
}
