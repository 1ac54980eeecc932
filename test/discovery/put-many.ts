import { Etcd3 } from 'etcd3';
import type { Etcd } from '../support/etcd/etcd.js';

/** Puts so many addresses below the prefix, 100 a transaction, on no lease. */
export async function putMany(
	{ endpoint }: Pick<Etcd, 'endpoint'>,
	prefix: string,
	count: number,
): Promise<void> {
	const etcd = new Etcd3({ hosts: endpoint });
	try {
		for (let at = 0; at < count; at += 100) {
			const addrs = Array.from({ length: Math.min(100, count - at) }, (_, n) => addrOf(at + n));
			await etcd.kv.txn({
				compare: [],
				success: addrs.map((addr) => ({
					request_put: { key: Buffer.from(`${prefix}${addr}`), value: Buffer.from(addr) },
				})),
				failure: [],
			});
		}
	} finally {
		etcd.close();
	}
}

export const addrOf = (n: number): string => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:80`;
