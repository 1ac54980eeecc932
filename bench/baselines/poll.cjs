/**
 * The classic registrar on etcd3: a poll at the TTL that sees presence only and never lets go of an old
 * lease. Its faults are meant.
 */
const { Etcd3 } = require('etcd3');
const [hosts, name, addr, ttl] = process.argv.slice(2);
const client = new Etcd3({ hosts });
const key = `/ns/${name}/${addr}`;

async function pass() {
	try {
		const { count } = await client.get(key).exec();
		if (count !== '0') return;
		const lease = client.lease(Number(ttl));
		lease.on('lost', () => {});
		await lease.put(key).value(addr).exec();
	} catch (error) {
		process.stderr.write(`${error}\n`);
	}
}
void pass();
setInterval(pass, Number(ttl) * 1000);
