import { Etcd3 } from 'etcd3';
import { createRegistrar } from '../../src/index.js';

/**
 * `node many-keys.mjs registrar|lease ENDPOINT COUNT TTL [USER:PASSWORD]`: registers so many services and
 * stays. Prints `{ readyMs }` once all of them stand. `lease`: the usual etcd3 script, with a lease for each
 * key.
 */
const [who, endpoint = '', count = '0', ttl = '5', user = ''] = process.argv.slice(2);
const ttlSeconds = Number(ttl);
const services = Array.from({ length: Number(count) }, (_, index) => ({
	name: 'many',
	addr: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:8080`,
}));

const beganMs = performance.now();
await (who === 'registrar' ? register() : leases());
process.stdout.write(`${JSON.stringify({ readyMs: performance.now() - beganMs })}\n`);

async function register(): Promise<void> {
	const [username = '', password = ''] = user.split(':');
	const auth = user === '' ? {} : { auth: { username, password } };
	const registrar = createRegistrar({ endpoints: endpoint, ttlSeconds, services, ...auth });
	await registrar.start();
	await registrar.ready();
}

async function leases(): Promise<void> {
	const client = new Etcd3({ hosts: endpoint });
	await Promise.all(
		services.map(({ name, addr }) => client.lease(ttlSeconds).put(`/ns/${name}/${addr}`).value(addr).exec()),
	);
}
