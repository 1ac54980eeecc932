/** The first design (DESIGN: poll at the TTL, look at presence only, never let go of an old lease) on etcd3. */
const { Etcd3 } = require('etcd3');
const [hosts, name, addr, ttl] = process.argv.slice(2);
const client = new Etcd3({ hosts });
const key = `/ns/${name}/${addr}`;

async function look() {
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
void look();
setInterval(look, Number(ttl) * 1000);
