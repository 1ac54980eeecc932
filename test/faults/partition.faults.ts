import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { type Cluster, startCluster } from '../support/etcd/cluster.js';
import type { Etcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import { needs } from '../support/needs.js';
import type { Cable } from '../support/network/cable.js';
import { networkMissing, startNetwork } from '../support/network/netns.js';
import type { Stage } from '../support/stage/stage.js';
import { until } from '../support/until.js';
import { TTL_SECONDS } from './measure.js';
import { RECONNECTED } from './row.js';
import { measureTogether } from './several.js';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const ttlMs = TTL_SECONDS * 1_000;
const missing = networkMissing();
let cluster: Cluster;
let peers: Cable;
let victim: Etcd;
let others: Etcd[];

beforeAll(async () => {
	if (missing !== null) return;
	const network = startNetwork();
	peers = network.join();
	cluster = await startCluster(3, { away: { network, peers } });
	const [away, ...rest] = cluster.members.toReversed();
	if (away === undefined) throw new Error('no members');
	[victim, others] = [away, rest];
});
afterAll(() => cluster?.stop());

async function cutFor(ms: number): Promise<number> {
	peers.drop();
	await wait(ms);
	peers.heal();
	return performance.now();
}

/** What the member itself still believes, without asking the others. */
async function believes(gateway: Gateway, key: string): Promise<boolean> {
	const request = { key: Buffer.from(key).toString('base64'), serializable: true };
	return (await gateway.call<{ kvs?: unknown[] }>('/v3/kv/range', request)).kvs !== undefined;
}

async function partitioned(
	context: TestContext,
	name: string,
	leader: () => Etcd | undefined,
): Promise<void> {
	needs(context, missing);
	const chosen = leader();
	if (chosen) await cluster.promote(chosen);
	await measureTogether(context, {
		name,
		bound: 'never missing',
		victim,
		others,
		...eyeOf(others),
		act: () => cutFor(3 * ttlMs),
	});
	await cluster.healthy();
}
const eyeOf = ([eye]: readonly Etcd[]) => (eye ? { eye } : {});

describe('a member that its peers cannot reach, open to clients', () => {
	test('as follower', (context) =>
		partitioned(
			context,
			'the follower in use is cut off from its peers for three TTLs, open to clients',
			() => others[0],
		));
	test('as leader', (context) =>
		partitioned(
			context,
			'the leader, in use, is cut off from its peers for three TTLs, open to clients',
			() => victim,
		));

	test('is behind, and the only one', async (context) => {
		needs(context, missing);
		const [other] = others;
		if (other) await cluster.promote(other);
		const gateway = new Gateway(victim.endpoint);
		context.onTestFinished(() => gateway.close());
		const act = async (stages: readonly Stage[]) => {
			peers.drop();
			await wait(1_000);
			const before = stages.map(({ registrar }) => registrar.logs().length);
			for (const { gateway: seen, registrar } of stages) await seen.delete(registrar.key);
			await wait(3 * ttlMs);
			// Whoever reads there without asking the others sees every key as it was; the registrar must not tell
			// that all is right.
			for (const { registrar } of stages) expect(await believes(gateway, registrar.key)).toBe(true);
			for (const [index, { registrar }] of stages.entries()) {
				const since = registrar.logs().slice(before[index]);
				expect(registrar.logs().at(-1)?.message).toMatch(
					/^a pass failed: trying again|^every pass still fails/,
				);
				expect(since.filter(({ level }) => level === 'info')).toEqual([]);
			}
			peers.heal();
			// From then on: the member finds its peers by a connection that it must open anew.
			await until(async () => (await victim.http('/health')).includes('true'));
			return performance.now();
		};
		const name =
			'the only endpoint is a follower cut off from its peers, while the key is deleted at the others';
		await measureTogether(context, { name, bound: RECONNECTED, victim, ...eyeOf(others), act });
		await cluster.healthy();
	});
});
