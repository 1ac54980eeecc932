/** Everything below a prefix at one revision, page by page. */
import type { Etcd3, IKeyValue, IRangeRequest, IRangeResponse } from 'etcd3';
import { StoreError } from '../../core/errors.js';
import type { Listing } from '../../discovery/ports.js';
import { prefixRange, type Range } from './messages.js';

/** Reads one page, wherever it is answered. */
export type ReadPage = (read: (etcd: Etcd3) => Promise<IRangeResponse>) => Promise<IRangeResponse>;

const FIRST_PAGE = 1_000;
/** grpc-js takes answers of 4 MiB. */
const PAGE_BYTES = 2 * 2 ** 20;
/** Of a key in an answer beside its key and value: revisions, lease, lengths. */
const BYTES_PER_KEY = 40;
/** So often reading begins anew when etcd has compacted the revision of the first page. */
const BEGINNINGS = 3;

/** Consistent: the pages after the first are read at its revision. @throws StoreError */
export async function listAll(call: ReadPage, prefix: string): Promise<Listing> {
	for (let beginning = 1; ; beginning += 1) {
		try {
			return await listOnce(call, prefix);
		} catch (error) {
			if (!(error instanceof RevisionGone)) throw error;
			if (beginning === BEGINNINGS) throw error.reason;
		}
	}
}

/** The revision of the first page can no longer be read: compacted, or of another history. */
class RevisionGone extends Error {
	constructor(readonly reason: StoreError) {
		super(reason.message);
	}
}

async function listOnce(call: ReadPage, prefix: string): Promise<Listing> {
	const entries: Listing['entries'][number][] = [];
	let range: Range = prefixRange(prefix);
	let first: IRangeResponse['header'] | null = null;
	for (let limit = FIRST_PAGE; ; ) {
		const page = await pageOf(call, { ...range, limit }, first?.revision ?? null);
		if (page === 'too-large') {
			limit = Math.floor(limit / 2);
			continue;
		}
		first ??= page.header;
		if (page.header.cluster_id !== first.cluster_id)
			throw new RevisionGone(new StoreError('unavailable', 'etcd was replaced while it was read'));
		for (const kv of page.kvs)
			entries.push({
				key: kv.key.toString(),
				value: limit === 0 ? null : kv.value,
				modRevision: kv.mod_revision,
			});
		const last = page.kvs.at(-1);
		if (!page.more || last === undefined)
			return { clusterId: first.cluster_id, revision: first.revision, term: first.raft_term, entries };
		range = { ...range, key: Buffer.concat([last.key, Buffer.from([0])]) };
		limit = Math.max(1, Math.floor(PAGE_BYTES / averageBytes(page.kvs)));
	}
}

async function pageOf(
	call: ReadPage,
	{ limit, ...range }: IRangeRequest & { readonly limit: number },
	revision: string | null,
): Promise<IRangeResponse | 'too-large'> {
	const request: IRangeRequest = {
		...range,
		...(revision === null ? {} : { revision }),
		// One key alone is too large: its value is left out.
		...(limit === 0 ? { limit: 1, keys_only: true } : { limit }),
	};
	try {
		return await call((etcd) => etcd.kv.range(request));
	} catch (error) {
		if (!(error instanceof StoreError)) throw error;
		if (error.code === 'too-large' && limit > 0) return 'too-large';
		if (error.code === 'invalid' && revision !== null) throw new RevisionGone(error);
		throw error;
	}
}

function averageBytes(kvs: readonly IKeyValue[]): number {
	const bytes = kvs.reduce((sum, { key, value }) => sum + key.length + value.length + BYTES_PER_KEY, 0);
	return bytes / Math.max(1, kvs.length);
}
