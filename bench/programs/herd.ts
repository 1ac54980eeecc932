import { Etcd3 } from 'etcd3';
import { createRegistrar } from '../../src/index.js';

/**
 * `node herd.mjs (registrar|poll) ENDPOINTS COUNT TTL [NAME]`: so many instances in one process, each with a
 * client and a lease of its own, spread over the endpoints (`;` between). `poll` is the classic registrar
 * on etcd3. Ends with its input.
 */
const [who = '', endpoints = '', count = '0', ttl = '5', name = 'herd'] = process.argv.slice(2);
const ttlSeconds = Number(ttl);
const each = endpoints.split(';');

function register(addr: string, endpoint: string): void {
	void createRegistrar({ endpoints: endpoint, ttlSeconds, services: [{ name, addr }] }).start();
}

function poll(addr: string, endpoint: string): void {
	const client = new Etcd3({ hosts: endpoint });
	const pass = async () => {
		try {
			if ((await client.get(`/ns/${name}/${addr}`).exec()).count !== '0') return;
			const lease = client.lease(ttlSeconds);
			lease.on('lost', () => {});
			await lease.put(`/ns/${name}/${addr}`).value(addr).exec();
		} catch {
			// The next pass.
		}
	};
	void pass();
	setInterval(pass, ttlSeconds * 1_000);
}

for (let index = 0; index < Number(count); index += 1) {
	(who === 'registrar' ? register : poll)(
		`10.2.${index >> 8}.${index & 255}:8080`,
		each[index % each.length] ?? '',
	);
}
process.stdin.resume().once('end', () => process.exit());
