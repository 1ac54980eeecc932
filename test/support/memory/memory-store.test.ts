import { describe } from 'vitest';
import { storeContract } from '../etcd/store-contract.js';
import { MemoryEtcd } from './memory-etcd.js';
import { MemoryStore } from './memory-store.js';

describe.each(['3.4', '3.5'] as const)('in the manner of %s', (manner) => {
	storeContract(() => {
		const etcd = new MemoryEtcd(performance);
		return {
			manner,
			connect: () => new MemoryStore(etcd, { manner }),
			connectAs: ({ denied }) => {
				const store = new MemoryStore(etcd, { manner });
				for (const key of denied) store.denied.set(key, 'all');
				return store;
			},
			putLarge: (key, lease, bytes) => etcd.put(key, 'v'.repeat(bytes), lease),
			stop: () => {},
		};
	});
});
