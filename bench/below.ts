import type { Gateway } from '../test/support/etcd/gateway.js';

/** How many keys begin with it. Rejects when etcd does not answer. */
export async function countBelow(gateway: Gateway, prefix: string): Promise<number> {
	return Number(
		(await gateway.call<{ count?: string }>('/v3/kv/range', { ...range(prefix), count_only: true })).count ??
			0,
	);
}

export async function removeBelow(gateway: Gateway, prefix: string): Promise<void> {
	await gateway.call('/v3/kv/deleterange', range(prefix));
}

/** Up to where the last character is one higher. */
function range(prefix: string): { key: string; range_end: string } {
	const end = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
	return { key: Buffer.from(prefix).toString('base64'), range_end: Buffer.from(end).toString('base64') };
}
