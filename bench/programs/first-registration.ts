import { Etcd3 } from 'etcd3';
import { createRegistrar } from '../../src/index.js';

/** Milliseconds of one round. */
export interface Round {
	/** `start()` to `ready()` of a registrar that has no connection yet. */
	readonly registrar: number;
	/** The usual lease().put() of etcd3, on a client that has no connection yet. */
	readonly lease: number;
	/** One read on a client that has no connection yet, and one more on the same. */
	readonly fresh: number;
	readonly warm: number;
}

/**
 * `node first-registration.mjs ENDPOINT ROUNDS`: a line of JSON for each round. Everything is loaded before.
 */
const [endpoint = '', rounds = '0'] = process.argv.slice(2);
for (let round = 0; round < Number(rounds); round += 1) {
	const times: Round = { registrar: await register(round), lease: await lease(round), ...(await raw()) };
	process.stdout.write(`${JSON.stringify(times)}\n`);
}

async function register(round: number): Promise<number> {
	const registrar = createRegistrar({
		endpoints: endpoint,
		services: [{ name: 'first', addr: `10.0.0.1:${1_000 + round}` }],
	});
	const ms = await time(async () => {
		await registrar.start();
		await registrar.ready();
	});
	await registrar.stop();
	return ms;
}

async function lease(round: number): Promise<number> {
	const client = new Etcd3({ hosts: endpoint });
	const own = client.lease(5);
	const ms = await time(() =>
		own
			.put(`/ns/first/10.0.0.2:${1_000 + round}`)
			.value('x')
			.exec(),
	);
	await own.revoke();
	client.close();
	return ms;
}

async function raw(): Promise<{ fresh: number; warm: number }> {
	const client = new Etcd3({ hosts: endpoint });
	const read = () => time(() => client.get('nothing').exec());
	const fresh = await read();
	const warm = await read();
	client.close();
	return { fresh, warm };
}

async function time(work: () => Promise<unknown>): Promise<number> {
	const fromMs = performance.now();
	await work();
	return performance.now() - fromMs;
}
