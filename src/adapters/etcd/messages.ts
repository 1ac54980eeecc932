/** Our questions and answers in etcd's own messages (rpc.proto): transactions and ranges, no calls. */
import type { IRangeResponse, IRequestOp, IResponseHeader, ITxnRequest } from 'etcd3';
import type { Observed } from '../../core/registration.js';
import type { Reading, Write } from '../../registrar/ports.js';

/** A key, or all from `key` up to `range_end`. */
export interface Range {
	readonly key: Buffer;
	readonly range_end?: Buffer;
}

export const rangeOf = (key: string): Range => ({ key: Buffer.from(key) });

/** From the first key to the last, both included; of one key, that key. `keys`: sorted, at least one. */
export function spanOf(keys: readonly string[]): Range {
	const range = rangeOf(keys[0] ?? '');
	return keys.length < 2 ? range : { ...range, range_end: Buffer.from(`${keys.at(-1)}\0`) };
}

/** Everything that begins with the prefix; with none, everything there is. */
export const prefixRange = (prefix: string): Range =>
	prefix === ''
		? { key: Buffer.from([0]), range_end: Buffer.from([0]) }
		: { ...rangeOf(prefix), range_end: prefixEnd(prefix) };

export const readTransaction = (keys: readonly string[]): ITxnRequest => ({
	compare: [],
	success: keys.map((key) => ({ request_range: rangeOf(key) })),
	failure: [],
});

export const writeTransaction = (writes: readonly Write[]): ITxnRequest => ({
	compare: writes.map(({ key, ifModRevision }) => ({
		key: Buffer.from(key),
		result: 'Equal',
		// An absent key is told by its create revision: its mod revision is 0 too, but so say the docs (etcd
		// api_guarantees).
		...(ifModRevision === '0'
			? { target: 'Create', create_revision: '0' }
			: { target: 'Mod', mod_revision: ifModRevision }),
	})),
	success: writes.map(operationOf),
	failure: [],
});

const operationOf = (write: Write): IRequestOp =>
	write.op === 'put'
		? { request_put: { key: Buffer.from(write.key), value: Buffer.from(write.value), lease: write.lease } }
		: { request_delete_range: { key: Buffer.from(write.key) } };

export function readingOf(
	keys: readonly string[],
	header: IResponseHeader,
	ranges: readonly IRangeResponse[],
	withValue = true,
): Reading {
	return {
		revision: header.revision,
		clusterId: header.cluster_id,
		term: header.raft_term,
		keys: new Map(keys.map((key, index) => [key, observedOf(ranges[index], withValue)])),
	};
}

/** `withValue`: whether the values were asked for. */
function observedOf(range: IRangeResponse | undefined, withValue: boolean): Observed {
	const kv = range?.kvs[0];
	if (kv === undefined) return null;
	const value = withValue ? kv.value.toString() : null;
	return { value, lease: leaseOf(kv.lease), modRevision: kv.mod_revision };
}

/** etcd says '0' for none. */
export const leaseOf = (lease: string): string | null => (lease === '0' ? null : lease);

/** The first key after all that begin with the prefix (etcd's range_end convention). */
function prefixEnd(prefix: string): Buffer {
	const end = Buffer.from(prefix);
	for (let at = end.length - 1; at >= 0; at -= 1) {
		const byte = end[at] ?? 0;
		if (byte < 0xff) {
			end[at] = byte + 1;
			return end.subarray(0, at + 1);
		}
	}
	return Buffer.from([0]);
}
