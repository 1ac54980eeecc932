import { MemoryEtcd } from './memory-etcd.js';
import { MemoryStore } from './memory-store.js';
import { storeContract } from './store-contract.js';

storeContract(() => {
	const etcd = new MemoryEtcd(performance);
	return { connect: () => new MemoryStore(etcd), stop: () => {} };
});
