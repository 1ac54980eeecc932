/** Moleculer's etcd3 discoverer, alone: heartbeats at a third of its time-out, as its defaults of 10 and 30 seconds relate. */
const { ServiceBroker } = require('moleculer');
const [hosts, name, addr, ttl] = process.argv.slice(2);
const broker = new ServiceBroker({
	nodeID: `${name}-${addr.replaceAll(':', '-')}`,
	namespace: name,
	logger: false,
	transporter: 'Fake',
	registry: {
		discoverer: {
			type: 'Etcd3',
			options: { etcd: { hosts }, heartbeatInterval: Number(ttl) / 3, heartbeatTimeout: Number(ttl) },
		},
	},
});
void broker.start();
