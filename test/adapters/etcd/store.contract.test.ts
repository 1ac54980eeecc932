import { startEtcd } from '../../support/etcd/etcd.js';
import { aRealStore } from '../../support/etcd/real-store.js';
import { storeContract } from '../../support/etcd/store-contract.js';

storeContract(async () => {
	const etcd = await startEtcd({
		rootPassword: 'root-pw',
		args: ['--bcrypt-cost', '4', '--max-request-bytes', String(8 * 1024 * 1024)],
	});
	const [major = 0, minor = 0] = JSON.parse(await etcd.http('/version'))
		.etcdserver.split('.')
		.map(Number);
	const connect = (username: string, password: string) =>
		aRealStore([etcd.endpoint], { auth: { username, password } }).store;
	let users = 0;
	return {
		// Seen: 3.5.16 as 3.4 does. Others of 3.5 refuse.
		manner: major === 3 && minor <= 4 ? '3.4' : 'either',
		connect: () => connect('root', 'root-pw'),
		connectAs: async ({ allowed }) => {
			users += 1;
			const name = `user${users}`;
			await etcd.ctl('user', 'add', `${name}:pw`);
			await etcd.ctl('role', 'add', name);
			for (const key of allowed) await etcd.ctl('role', 'grant-permission', name, 'readwrite', key);
			await etcd.ctl('user', 'grant-role', name, name);
			return connect(name, 'pw');
		},
		putLarge: async (key, lease, bytes) => {
			const writer = connect('root', 'root-pw');
			await writer.read([key]);
			const value = 'v'.repeat(bytes);
			await writer.write([{ op: 'put', key, value, lease, ifModRevision: '0' }]);
			writer.close();
		},
		stop: () => etcd.stop(),
	};
});
