/** What stands below prefixes, whoever put it there: for people to see, not for registering. */
import type { Etcd3, IRangeRequest, IResponseHeader } from 'etcd3';
import { StoreError } from '../../core/errors.js';
import type { LeaseId } from '../../core/registration.js';
import type { Clock, LeaseTimeLeft, Logger, WatchStream } from '../../registrar/ports.js';
import { EtcdEndpoints, type EtcdEndpointsOptions } from './endpoints/endpoints.js';
import { raced } from './endpoints/raced.js';
import { leaseOf, prefixRange, type Range } from './messages.js';
import { openWatchStream } from './streams.js';

export interface CatalogEntry {
	/** What is no UTF-8 in it shows as U+FFFD. */
	readonly key: string;
	readonly value: Buffer;
	readonly lease: LeaseId | null;
	/** int64 as decimal text. */
	readonly modRevision: string;
}

export type CatalogOptions = EtcdEndpointsOptions;

/** grpc-js takes answers of 4 MiB: small values need few pages, and for large ones the page is halved. */
const PAGE = 1_000;
/** Leases are asked for one by one: so many at once. */
const AT_ONCE = 32;

/** Every method rejects only with a `StoreError`, and settles within the dial time-out for each page. */
export class EtcdCatalog {
	readonly #endpoints: EtcdEndpoints;

	constructor(options: CatalogOptions, clock: Clock, logger: Logger) {
		this.#endpoints = new EtcdEndpoints(options, clock, logger);
	}

	/**
	 * Everything below the prefix, in the order of the keys. Consistent for each page, not for all of them
	 * together.
	 */
	async list(prefix: string): Promise<CatalogEntry[]> {
		const pages: CatalogEntry[][] = [];
		for await (const page of this.pages(prefix)) pages.push(page);
		return pages.flat();
	}

	/** The same, page by page, for what is not to be held whole. */
	async *pages(prefix: string): AsyncGenerator<CatalogEntry[]> {
		let range: Range = prefixRange(prefix);
		for (let limit = PAGE; ; ) {
			const page = await this.#page({ ...range, limit }).catch((error: unknown) => {
				if (limit > 1 && error instanceof StoreError && error.code === 'too-large') return null;
				throw error;
			});
			if (page === null) {
				limit = Math.ceil(limit / 2);
				continue;
			}
			yield page.kvs.map((kv) => ({
				key: kv.key.toString(),
				value: kv.value,
				lease: leaseOf(kv.lease),
				modRevision: kv.mod_revision,
			}));
			const last = page.kvs.at(-1);
			if (!page.more || last === undefined) return;
			range = { ...range, key: Buffer.concat([last.key, Buffer.from([0])]) };
		}
	}

	/** `null` = the lease is gone, or etcd denies reading it. */
	async leases(ids: Iterable<LeaseId>): Promise<Map<LeaseId, LeaseTimeLeft | null>> {
		const waiting = [...new Set(ids)];
		const left = new Map<LeaseId, LeaseTimeLeft | null>();
		const work = async () => {
			for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) left.set(id, await this.#lease(id));
		};
		await Promise.all(Array.from({ length: AT_ONCE }, work));
		return left;
	}

	/**
	 * Calls `changed` when something below the prefixes changes, and when the watch ends, after which it is
	 * deaf. Only a hint.
	 */
	async watch(prefixes: readonly string[], changed: (ended: boolean) => void): Promise<WatchStream> {
		return await openWatchStream(
			this.#endpoints.carrier(),
			prefixes.map((prefix) => ({ range: prefixRange(prefix), otherwise: [] })),
			{
				opened: () => changed(false),
				changed: () => changed(false),
				ended: () => changed(true),
			},
		);
	}

	/** Idempotent. */
	close(): void {
		this.#endpoints.close();
	}

	#page(request: IRangeRequest) {
		return this.#read((etcd) => etcd.kv.range(request));
	}

	async #lease(id: LeaseId): Promise<LeaseTimeLeft | null> {
		try {
			const { TTL, grantedTTL, header } = await this.#read((etcd) =>
				etcd.leaseClient.leaseTimeToLive({ ID: id }),
			);
			return Number(TTL) < 0
				? null
				: { remainingSeconds: Number(TTL), grantedSeconds: Number(grantedTTL), term: header.raft_term };
		} catch (error) {
			if (error instanceof StoreError && error.code === 'permission-denied') return null;
			throw error;
		}
	}

	#read<T extends { readonly header: IResponseHeader }>(make: (etcd: Etcd3) => Promise<T>): Promise<T> {
		return raced(this.#endpoints, async (etcd) => {
			const value = await make(etcd);
			return { header: value.header, value };
		});
	}
}
