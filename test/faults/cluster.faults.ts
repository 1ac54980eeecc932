import { afterAll, beforeAll, describe, type TestContext, test } from 'vitest';
import { type Cluster, startCluster } from '../support/cluster.js';
import type { Etcd } from '../support/etcd.js';
import { Gateway } from '../support/gateway.js';
import { startProxy } from '../support/proxy.js';
import { startRegistrar } from '../support/registrar.js';
import { end, observe, type Stage } from '../support/stage.js';
import { until } from '../support/until.js';
import { measure, TTL_SECONDS } from './measure.js';
import type { Bound } from './row.js';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const ttlMs = TTL_SECONDS * 1_000;
let cluster: Cluster;

beforeAll(async () => {
	cluster = await startCluster();
});
afterAll(() => cluster.stop());

/** Five registrars, each with a key of its own and connected to the victim, which is named first. */
async function onto(context: TestContext, runs: number, victim: Etcd): Promise<Stage[]> {
	const others = cluster.members.filter((member) => member !== victim);
	const eye = others.at(-1) ?? victim;
	const stages: Stage[] = [];
	for (let run = 0; run < runs; run += 1) {
		const endpoints = [victim, ...others].map(({ endpoint }) => endpoint).join(';');
		const registrar = startRegistrar(endpoints, { ttlSeconds: TTL_SECONDS, env: { SERVICE_ADDR: `10.0.0.${run + 1}:8080` } });
		context.onTestFinished(async () => {
			registrar.signal('SIGTERM');
			await registrar.waitExit();
			await end(registrar).catch(() => undefined);
		});
		const gateway = new Gateway(eye.endpoint);
		const timeline = observe(context, gateway, registrar);
		await timeline.right();
		const proxy = await startProxy(victim.endpoint);
		context.onTestFinished(() => proxy.close());
		stages.push({ etcd: victim, gateway, registrar, timeline, ttlMs, proxy });
	}
	return stages;
}

/** One fault for all of them at once. */
async function strike(context: TestContext, name: string, bound: Bound, choose: () => Promise<Etcd>, act: (victim: Etcd) => Promise<number>) {
	const victim = await choose();
	let done: Promise<number> | null = null;
	await measure(context, {
		name,
		bound,
		open: (_, runs) => onto(context, runs, victim),
		commit: () => {
			done ??= act(victim);
			return done;
		},
	});
	await until(() => Promise.all(cluster.members.map((member) => member.http('/health'))));
}

const follower = async () => {
	const leader = await cluster.leader();
	return cluster.members.find((member) => member !== leader) ?? leader;
};
const hung = async (victim: Etcd) => {
	victim.pause();
	await wait(3 * ttlMs);
	victim.resume();
	return performance.now();
};
const killed = async (victim: Etcd) => {
	await victim.kill();
	await wait(3 * ttlMs);
	await victim.start();
	return performance.now();
};

describe('a member of a cluster of three', () => {
	test('hangs', (context) => strike(context, 'the follower in use hangs for three TTLs', 'never missing', follower, hung));
	test('is killed', (context) => strike(context, 'the follower in use is killed', 'never missing', follower, killed));
	test('hangs as leader', (context) => strike(context, 'the leader, in use, hangs for three TTLs', 'never missing', () => cluster.leader(), hung));
	test('is killed as leader', (context) => strike(context, 'the leader, in use, is killed', 'never missing', () => cluster.leader(), killed));
	test('is left alone', (context) =>
		strike(context, 'no leader: two of three are killed for three TTLs', 'comes back', follower, async (victim) => {
			const others = cluster.members.filter((member) => member !== victim);
			await Promise.all(others.map((member) => member.kill()));
			await wait(3 * ttlMs);
			await Promise.all(others.map((member) => member.start()));
			return performance.now();
		}));
});
