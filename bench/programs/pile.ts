import { Etcd3 } from 'etcd3';

/**
 * `node pile.mjs (leases|watches|connections) ENDPOINT COUNT`: makes so many and keeps them. `leases`: each
 * with a key, renewed one after the other as fast as etcd answers, over 12 streams. `connections`: each with
 * the two streams of a registrar, at rest. Prints a line when all are there; then, for leases, what was
 * renewed so far and how long it took, each second. Ends with its input.
 */
const [kind, endpoint = '', count = '0'] = process.argv.slice(2);
const STREAMS = 12;
const UNDER_WAY = 96;
const LEASE_SECONDS = 30;

const connect = (number: number) => Array.from({ length: number }, () => new Etcd3({ hosts: endpoint }));
const key = (index: number): string => `/ns/pile/${index}`;

/** So many at once. */
async function each(total: number, work: (index: number) => Promise<unknown>): Promise<void> {
	let next = 0;
	const worker = async () => {
		for (let index = next++; index < total; index = next++) await work(index);
	};
	await Promise.all(Array.from({ length: UNDER_WAY }, worker));
}

async function leases(clients: readonly Etcd3[], total: number): Promise<string[]> {
	const ids: string[] = [];
	await each(total, async (index) => {
		const client = clients[index % clients.length] as Etcd3;
		const { ID } = await client.leaseClient.leaseGrant({ TTL: LEASE_SECONDS });
		await client.put(key(index)).value('10.0.0.5:8080').lease(ID).exec();
		ids.push(ID);
	});
	return ids;
}

/** Round and round, the next one when the last was answered. */
async function renew(client: Etcd3, ids: readonly string[], renewed: () => void): Promise<void> {
	const stream = await client.leaseClient.leaseKeepAlive();
	let at = 0;
	const next = () => stream.write({ ID: ids[at++ % ids.length] ?? '' });
	stream.on('data', () => {
		renewed();
		next();
	});
	next();
}

async function watch(clients: readonly Etcd3[], total: number): Promise<void> {
	await each(
		total,
		async (index) => await (clients[index % clients.length] as Etcd3).watch().key(key(index)).create(),
	);
}

const total = Number(count);
const clients = connect(kind === 'connections' ? total : STREAMS);
if (kind === 'leases') {
	const ids = await leases(clients, total);
	process.stdout.write('ready\n');
	let renewals = 0;
	const fromMs = performance.now();
	await Promise.all(
		clients.map((client, part) =>
			renew(
				client,
				ids.filter((_, index) => index % STREAMS === part),
				() => {
					renewals += 1;
				},
			),
		),
	);
	setInterval(
		() => process.stdout.write(`${JSON.stringify({ renewals, ms: performance.now() - fromMs })}\n`),
		1_000,
	);
} else {
	if (kind === 'connections')
		await each(total, async (index) => void (await (clients[index] as Etcd3).leaseClient.leaseKeepAlive()));
	await watch(clients, total);
	process.stdout.write('ready\n');
}
process.stdin.resume().once('end', () => process.exit());
