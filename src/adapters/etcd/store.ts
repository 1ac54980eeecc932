/**
 * etcd as the registrar's `Store`: reads are raced and decide which connection carries everything else;
 * writes go once, there.
 */

import type { Etcd3 } from 'etcd3';
import { StoreError, type StoreErrorCode } from '../../core/errors.js';
import { unlessAborted } from '../../core/promises.js';
import type { LeaseId } from '../../core/registration.js';
import type {
	Clock,
	KeepaliveListener,
	KeepaliveStream,
	LeaseTimeLeft,
	Logger,
	Reading,
	Store,
	WatchListener,
	WatchStream,
	Write,
} from '../../registrar/ports.js';
import type { Connection } from './connection/connection.js';
import { EtcdEndpoints, type EtcdEndpointsOptions } from './endpoints/endpoints.js';
import type { HeadedAnswer } from './endpoints/raced.js';
import { raced } from './endpoints/raced.js';
import { isLeaseExists, isTooLarge } from './errors.js';
import { prefixRange, rangeOf, readingOf, readTransaction, spanOf, writeTransaction } from './messages.js';
import { openKeepaliveStream, openWatchStream } from './streams.js';

export type EtcdStoreOptions = EtcdEndpointsOptions;

/** Errors after which the next read begins on another connection. */
const LOST: ReadonlySet<StoreErrorCode> = new Set(['unreachable', 'unavailable', 'timeout']);

export class EtcdStore implements Store {
	readonly #endpoints: EtcdEndpoints;
	readonly #streams = new WeakMap<KeepaliveStream | WatchStream, Connection>();

	constructor(options: EtcdStoreOptions, clock: Clock, logger: Logger) {
		this.#endpoints = new EtcdEndpoints(options, clock, logger);
	}

	read(keys: readonly string[], signal?: AbortSignal): Promise<Reading> {
		return raced(this.#endpoints, (etcd) => readWith(etcd, keys), signal);
	}

	async write(writes: readonly Write[], signal?: AbortSignal): Promise<boolean> {
		const { succeeded } = await this.#call((etcd) => etcd.kv.txn(writeTransaction(writes)), signal);
		return succeeded;
	}

	async grant(lease: LeaseId, ttlSeconds: number, signal?: AbortSignal): Promise<number> {
		try {
			return await this.#call((etcd) => grantWith(etcd, lease, ttlSeconds), signal);
		} catch (error) {
			// The answer to an earlier grant of this ID was lost. IDs are ours alone: it is our lease.
			if (!(error instanceof StoreError) || !isLeaseExists(error.cause)) throw error;
			return (await this.timeToLive(lease, signal))?.grantedSeconds ?? ttlSeconds;
		}
	}

	async revoke(lease: LeaseId, signal?: AbortSignal): Promise<void> {
		try {
			await this.#call((etcd) => etcd.leaseClient.leaseRevoke({ ID: lease }), signal);
		} catch (error) {
			if (!(error instanceof StoreError) || error.code !== 'lease-not-found') throw error;
		}
	}

	async timeToLive(lease: LeaseId, signal?: AbortSignal): Promise<LeaseTimeLeft | null> {
		const left = await this.#call((etcd) => etcd.leaseClient.leaseTimeToLive({ ID: lease }), signal);
		const remainingSeconds = Number(left.TTL);
		return remainingSeconds < 0
			? null
			: { remainingSeconds, grantedSeconds: Number(left.grantedTTL), term: left.header.raft_term };
	}

	async count(prefix: string, signal?: AbortSignal): Promise<number> {
		const request = { ...prefixRange(prefix), count_only: true };
		const { count } = await this.#call((etcd) => etcd.kv.range(request), signal);
		return Number(count);
	}

	openKeepalive(listener: KeepaliveListener): Promise<KeepaliveStream> {
		return this.#open((connection) => openKeepaliveStream(connection, listener));
	}

	openWatch(groups: readonly (readonly string[])[], listener: WatchListener): Promise<WatchStream> {
		const watched = groups
			.filter((keys) => keys.length > 0)
			.map((keys) => ({ range: spanOf(keys), otherwise: keys.length > 1 ? keys : [] }));
		return this.#open((connection) => openWatchStream(connection, watched, listener));
	}

	endpoint(): string | null {
		return this.#endpoints.current()?.endpoint ?? null;
	}

	isCurrent(stream: KeepaliveStream | WatchStream): boolean {
		return this.#streams.get(stream) === this.#endpoints.current();
	}

	close(): void {
		this.#endpoints.close();
	}

	async #call<T>(make: (etcd: Etcd3) => Promise<T>, signal?: AbortSignal): Promise<T> {
		if (signal?.aborted) throw new StoreError('aborted', 'stopped');
		const connection = this.#endpoints.carrier();
		try {
			return await unlessAborted(connection.call(make), signal);
		} catch (error) {
			if (error instanceof StoreError && LOST.has(error.code)) this.#endpoints.failed(connection);
			throw error;
		}
	}

	async #open<S extends KeepaliveStream | WatchStream>(
		open: (connection: Connection) => Promise<S>,
	): Promise<S> {
		const connection = this.#endpoints.carrier();
		const stream = await open(connection);
		this.#streams.set(stream, connection);
		return stream;
	}
}

async function grantWith(etcd: Etcd3, lease: LeaseId, ttlSeconds: number): Promise<number> {
	const { ID, TTL } = await etcd.leaseClient.leaseGrant({ TTL: ttlSeconds, ID: lease });
	// kine takes the TTL for the ID, or the ID for the TTL.
	if (ID !== lease || TTL === ID)
		throw new StoreError(
			'not-etcd',
			'it grants other leases than those asked for, as kine (k3s) does: use a real etcd',
		);
	return Number(TTL);
}

async function readWith(etcd: Etcd3, keys: readonly string[]): Promise<HeadedAnswer<Reading>> {
	const [only] = keys;
	if (only !== undefined && keys.length === 1) return readOne(etcd, only);
	const { header, responses } = await etcd.kv.txn(readTransaction(keys));
	const ranges = responses.map((response) => response.response_range);
	return { header, value: readingOf(keys, header, ranges) };
}

async function readOne(etcd: Etcd3, key: string): Promise<HeadedAnswer<Reading>> {
	try {
		const range = await etcd.kv.range(rangeOf(key));
		return { header: range.header, value: readingOf([key], range.header, [range]) };
	} catch (error) {
		if (!isTooLarge(error)) throw error;
		// The value exceeds the size limit of an answer, so it is left out. Sorting by value makes etcd 3.7 return the
		// lease, which it omits from other keys-only answers (etcd issue 22209).
		const range = await etcd.kv.range({ ...rangeOf(key), keys_only: true, sort_target: 'Value' });
		return { header: range.header, value: readingOf([key], range.header, [range], false) };
	}
}
