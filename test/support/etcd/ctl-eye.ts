import type { Etcd } from './etcd.js';
import type { SeenKey } from './gateway.js';

/**
 * Reads a key by etcdctl: for an etcd with users or certificates, which the plain gateway does not speak
 * to.
 */
export function ctlEye(etcd: Etcd): { get(key: string): Promise<SeenKey | null> } {
	return {
		async get(key) {
			const { kvs } = await etcd.json<{
				kvs?: { value?: string; lease?: string; mod_revision: string | number }[];
			}>('get', key);
			const [kv] = kvs ?? [];
			if (kv === undefined) return null;
			return {
				value: Buffer.from(kv.value ?? '', 'base64').toString(),
				lease: kv.lease ?? null,
				modRevision: String(kv.mod_revision),
			};
		},
	};
}
