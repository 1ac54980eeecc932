/** What one writes first with etcd3: the key under a lease, and nothing that looks after it. */
const { Etcd3 } = require('etcd3');
const [hosts, name, addr, ttl] = process.argv.slice(2);
const client = new Etcd3({ hosts });
void client.lease(Number(ttl)).put(`/ns/${name}/${addr}`).value(addr).exec();
