import { Etcd3 } from 'etcd3';

/**
 * `node load.mjs (read|register) ENDPOINTS MS`: as many calls as the endpoints answer within the time, 96
 * under way at once over 12 connections. One line of JSON: how many, and how long 99 of 100 took at most.
 */
const [kind = '', endpoints = '', ms = '0'] = process.argv.slice(2);
const CONNECTIONS = 12;
const UNDER_WAY = 8;
const hosts = endpoints.split(';');
const took: number[] = [];
let count = 0;

/** A registration is a grant and a put under it, as a pass makes them. */
async function once(client: Etcd3): Promise<void> {
	if (kind === 'read') return void (await client.get('/ns/load/0').exec());
	count += 1;
	const { ID } = await client.leaseClient.leaseGrant({ TTL: 600 });
	await client.put(`/ns/load/${count}`).value('10.0.0.5:8080').lease(ID).exec();
}

async function drive(client: Etcd3, untilMs: number): Promise<void> {
	while (performance.now() < untilMs) {
		const fromMs = performance.now();
		await once(client);
		took.push(performance.now() - fromMs);
	}
}

const clients = Array.from(
	{ length: CONNECTIONS },
	(_, index) => new Etcd3({ hosts: hosts[index % hosts.length] ?? '' }),
);
for (const client of clients) await once(client);
const fromMs = performance.now();
await Promise.all(
	clients.flatMap((client) => Array.from({ length: UNDER_WAY }, () => drive(client, fromMs + Number(ms)))),
);
const seconds = (performance.now() - fromMs) / 1_000;
took.sort((a, b) => a - b);
process.stdout.write(
	`${JSON.stringify({ perSecond: took.length / seconds, calls: took.length, p99: took[Math.floor(took.length * 0.99)] })}\n`,
);
process.exit();
