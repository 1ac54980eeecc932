/** The usual registration with etcd3: a lease, and a second later a new one when it is lost or could not be had. */
const { Etcd3 } = require('etcd3');
const [hosts, name, addr, ttl] = process.argv.slice(2);
const client = new Etcd3({ hosts });

function register() {
	let over = false;
	const lease = client.lease(Number(ttl));
	// etcd3 may tell both ways, and more than once.
	const again = (error) => {
		if (over) return;
		over = true;
		process.stderr.write(`${error}\n`);
		setTimeout(register, 1000);
	};
	lease.on('lost', again);
	lease.put(`/ns/${name}/${addr}`).value(addr).exec().catch(again);
}
register();
