import { afterAll, beforeAll, describe, type TestContext, test } from 'vitest';
import { type Cluster, startCluster } from '../support/etcd/cluster.js';
import type { Etcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import type { Stage } from '../support/stage/stage.js';
import { until } from '../support/until.js';
import { TTL_SECONDS } from './measure.js';
import { type Bound, RECONNECTED } from './row.js';
import { measureTogether } from './several.js';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const ttlMs = TTL_SECONDS * 1_000;
let cluster: Cluster;

beforeAll(async () => {
	cluster = await startCluster();
});
afterAll(() => cluster.stop());

type Act = (victim: Etcd, stages: readonly Stage[]) => Promise<number>;

async function strike(
	context: TestContext,
	name: string,
	bound: Bound,
	choose: () => Promise<Etcd>,
	act: Act,
	others = true,
) {
	const victim = await choose();
	const rest = cluster.members.filter((member) => member !== victim);
	const eye = rest.at(-1) ?? victim;
	await measureTogether(context, {
		name,
		bound,
		victim,
		others: others ? rest : [],
		eye,
		act: (stages) => act(victim, stages),
	});
	await cluster.healthy();
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
	test('hangs', (context) =>
		strike(context, 'the follower in use hangs for three TTLs', 'never missing', follower, hung));
	test('is killed', (context) =>
		strike(context, 'the follower in use is killed', 'never missing', follower, killed));
	test('cannot be reached', (context) =>
		strike(
			context,
			'the member in use cannot be reached for three TTLs (black hole)',
			'never missing',
			follower,
			async (_, stages) => {
				await Promise.all(stages.map(({ proxy }) => proxy.mode('blackhole')));
				await wait(3 * ttlMs);
				await Promise.all(stages.map(({ proxy }) => proxy.mode('pass')));
				return performance.now();
			},
		));
	test('is behind', (context) =>
		strike(
			context,
			'the only endpoint is a follower that hangs for three TTLs while the others move on',
			RECONNECTED,
			follower,
			async (victim, [stage]) => {
				victim.pause();
				for (let times = 0; times < 2_000; times += 1) await stage?.gateway.put('other', String(times));
				await wait(3 * ttlMs);
				victim.resume();
				// From then on: etcd itself takes up to half a second to find its leader again.
				const itself = new Gateway(victim.endpoint);
				context.onTestFinished(() => itself.close());
				await until(() => itself.get('other'), { everyMs: 5 });
				return performance.now();
			},
			false,
		));
	// etcd without https://github.com/etcd-io/etcd/pull/16822 (3.4.23 among them) lets a leader that wakes up
	// revoke leases which the new leader has renewed: the key may go at that moment, and nobody can hold it.
	// What can be promised is that it is back at once.
	test('hangs as leader', (context) =>
		strike(context, 'the leader, in use, hangs for three TTLs', RECONNECTED, () => cluster.leader(), hung));
	test('is killed as leader', (context) =>
		strike(context, 'the leader, in use, is killed', 'never missing', () => cluster.leader(), killed));
	test('is left alone', (context) =>
		strike(
			context,
			'no leader: two of three are killed for three TTLs',
			'comes back',
			follower,
			async (victim) => {
				const others = cluster.members.filter((member) => member !== victim);
				await Promise.all(others.map((member) => member.kill()));
				await wait(3 * ttlMs);
				await Promise.all(others.map((member) => member.start()));
				return performance.now();
			},
		));
});
