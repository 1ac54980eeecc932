/** etcd as the registrar's `Store`: reads are raced and decide which connection carries everything else; writes go once, there. */

import type { Etcd3 } from 'etcd3';
import { StoreError, type StoreErrorCode } from '../../core/errors.js';
import type { LeaseId } from '../../core/registration.js';
import { unlessAborted } from '../../core/unless-aborted.js';
import type {
	Clock,
	KeepaliveListener,
	KeepaliveStream,
	LeaseLook,
	Logger,
	Reading,
	Store,
	WatchListener,
	WatchStream,
	Write,
} from '../../registrar/ports.js';
import type { Connection } from './connection.js';
import { Endpoints, type EndpointsOptions } from './endpoints.js';
import { isLeaseExists } from './errors.js';
import { openKeepaliveStream } from './keepalive-stream.js';
import { prefixRange, rangeOf, readingOf, readTransaction, writeTransaction } from './messages.js';
import { raced } from './raced.js';
import { openWatchStream } from './watch-stream.js';

export interface EtcdStoreOptions extends EndpointsOptions {
	readonly dialTimeoutMs: number;
}

/** Errors after which the next read begins on another connection. */
const LOST: ReadonlySet<StoreErrorCode> = new Set(['unreachable', 'unavailable', 'timeout']);

export class EtcdStore implements Store {
	readonly #endpoints: Endpoints;
	readonly #streams = new WeakMap<KeepaliveStream | WatchStream, Connection>();

	constructor(
		private readonly options: EtcdStoreOptions,
		clock: Clock,
		logger: Logger,
	) {
		this.#endpoints = new Endpoints(options, clock, logger);
	}

	read(keys: readonly string[], signal?: AbortSignal): Promise<Reading> {
		return raced(this.#endpoints, (etcd) => readWith(etcd, keys), {
			limitMs: this.options.dialTimeoutMs,
			signal,
		});
	}

	async write(writes: readonly Write[], signal?: AbortSignal): Promise<boolean> {
		const { succeeded } = await this.#call((etcd) => etcd.kv.txn(writeTransaction(writes)), signal);
		return succeeded;
	}

	async grant(lease: LeaseId, ttlSeconds: number, signal?: AbortSignal): Promise<number> {
		try {
			const { TTL } = await this.#call(
				(etcd) => etcd.leaseClient.leaseGrant({ TTL: ttlSeconds, ID: lease }),
				signal,
			);
			return Number(TTL);
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

	async timeToLive(lease: LeaseId, signal?: AbortSignal): Promise<LeaseLook | null> {
		const look = await this.#call((etcd) => etcd.leaseClient.leaseTimeToLive({ ID: lease }), signal);
		const remainingSeconds = Number(look.TTL);
		return remainingSeconds < 0
			? null
			: { remainingSeconds, grantedSeconds: Number(look.grantedTTL), term: look.header.raft_term };
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
		return this.#open((connection) => openWatchStream(connection, groups.flat().map(rangeOf), listener));
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

async function readWith(etcd: Etcd3, keys: readonly string[]): Promise<Reading> {
	const [only] = keys;
	if (only !== undefined && keys.length === 1) {
		const range = await etcd.kv.range(rangeOf(only));
		return readingOf(keys, range.header, [range]);
	}
	const txn = await etcd.kv.txn(readTransaction(keys));
	return readingOf(
		keys,
		txn.header,
		txn.responses.map((response) => response.response_range),
	);
}
