import type { Cable } from '../network/cable.js';
import { freePort } from '../network/net.js';
import type { TestNetwork } from '../network/netns.js';
import { until } from '../until.js';
import { type Etcd, startEtcd } from './etcd.js';

/** Several etcds as one cluster. */
export interface Cluster {
	readonly members: readonly Etcd[];
	/** The client endpoints, `;` between. */
	readonly endpoints: string;
	/** The member that leads now; rejects while there is none. */
	leader(): Promise<Etcd>;
	/** Makes this member lead. */
	promote(member: Etcd): Promise<void>;
	/** Resolves once every member serves: each of them has asked the others. */
	healthy(): Promise<void>;
	stop(): Promise<void>;
}

export interface ClusterOptions {
	/**
	 * The last member lives there, and speaks to the others over this cable, which can be cut while its clients
	 * still reach it.
	 */
	readonly away?: { readonly network: TestNetwork; readonly peers: Pick<Cable, 'host' | 'ourSide'> };
}

interface EndpointStatus {
	readonly Status: {
		readonly header: { readonly member_id: string | number };
		readonly leader: string | number;
	};
}

/**
 * Starts a cluster of this many members (at least two) on loopback and resolves once all of them are healthy.
 */
export async function startCluster(size = 3, { away }: ClusterOptions = {}): Promise<Cluster> {
	const peers: { name: string; peer: string }[] = [];
	for (let n = 1; n <= size; n += 1) {
		const host = (n === size ? away?.peers.host : away?.peers.ourSide) ?? '127.0.0.1';
		peers.push({ name: `m${n}`, peer: `${host}:${await freePort()}` });
	}
	const initialCluster = peers.map(({ name, peer }) => `${name}=http://${peer}`).join(',');
	const args = ['--initial-cluster-token', `cluster-${process.pid}-${peers[0]?.peer}`];
	const place = (index: number) =>
		away && index === size - 1 ? { host: away.network.host, wrap: away.network.wrap } : {};
	// Together: none is healthy before most of them are there.
	const members = await Promise.all(
		peers.map((peer, index) => startEtcd({ member: { ...peer, initialCluster }, args, ...place(index) })),
	);
	const status = async (member: Etcd) =>
		(await member.json<EndpointStatus[]>('endpoint', 'status'))[0]?.Status;
	const leader = async () => {
		const running = members.filter((each) => each.running);
		const answers = await Promise.allSettled(running.map(status));
		const index = answers.findIndex(
			(answer) =>
				answer.status === 'fulfilled' &&
				answer.value &&
				answer.value.header.member_id === answer.value.leader,
		);
		const member = running[index];
		if (!member) throw new Error('no leader');
		return member;
	};
	return {
		members,
		endpoints: members.map(({ endpoint }) => endpoint).join(';'),
		leader,
		async promote(member) {
			const id = BigInt((await status(member))?.header.member_id ?? 0).toString(16);
			const current = await leader();
			if (current !== member) await current.ctl('move-leader', id);
		},
		async healthy() {
			await until(async () =>
				(await Promise.all(members.map((member) => member.http('/health')))).every((answer) =>
					answer.includes('true'),
				),
			);
		},
		async stop() {
			await Promise.all(members.map((member) => member.kill()));
		},
	};
}
