/** The usual registration with etcd3, as its readme suggests it: a lease, and a new one when it is lost, tried again every second. */
const { Etcd3 } = require('etcd3');
const [hosts, name, addr, ttl] = process.argv.slice(2);
const client = new Etcd3({ hosts });

async function register() {
	const lease = client.lease(Number(ttl));
	lease.once('lost', () => void register());
	try {
		await lease.put(`/ns/${name}/${addr}`).value(addr).exec();
	} catch (error) {
		process.stderr.write(`${error}\n`);
		lease.removeAllListeners('lost');
		lease.on('lost', () => {});
		lease.release();
		setTimeout(register, 1000);
	}
}
void register();
