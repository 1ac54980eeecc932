import { type Etcd, startEtcd } from './etcd.js';
import { freePort } from './net.js';

/** Several etcds as one cluster, on loopback. */
export interface Cluster {
	readonly members: readonly Etcd[];
	/** The client endpoints, `;` between. */
	readonly endpoints: string;
	/** The member that leads now; rejects while there is none. */
	leader(): Promise<Etcd>;
	stop(): Promise<void>;
}

interface EndpointStatus {
	readonly Status: { readonly header: { readonly member_id: string | number }; readonly leader: string | number };
}

/** Starts a cluster of this many members (at least two) and resolves once all of them are healthy. */
export async function startCluster(size = 3): Promise<Cluster> {
	const peers: { name: string; peerPort: number }[] = [];
	for (let n = 1; n <= size; n += 1) peers.push({ name: `m${n}`, peerPort: await freePort() });
	const initialCluster = peers.map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`).join(',');
	const token = `cluster-${process.pid}-${peers[0]?.peerPort}`;
	// Together: none is healthy before most of them are there.
	const members = await Promise.all(
		peers.map((peer) => startEtcd({ member: { ...peer, initialCluster }, args: ['--initial-cluster-token', token] })),
	);
	return {
		members,
		endpoints: members.map(({ endpoint }) => endpoint).join(';'),
		async leader() {
			const running = members.filter((each) => each.running);
			const looks = await Promise.allSettled(running.map(async (each) => (await each.json<EndpointStatus[]>('endpoint', 'status'))[0]?.Status));
			const index = looks.findIndex((look) => look.status === 'fulfilled' && look.value && look.value.header.member_id === look.value.leader);
			const member = running[index];
			if (!member) throw new Error('no leader');
			return member;
		},
		async stop() {
			await Promise.all(members.map((member) => member.kill()));
		},
	};
}
