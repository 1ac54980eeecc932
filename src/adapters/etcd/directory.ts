/**
 * etcd as discovery's `Directory`: reads are raced over the endpoints, and the watch runs where the last read
 * was answered.
 */
import type { IRangeResponse } from 'etcd3';
import type { Logger } from '../../core/log/logger.js';
import type { Clock } from '../../core/pace.js';
import { unlessAborted } from '../../core/promises.js';
import type { ChangeHint, Directory, Listing } from '../../discovery/ports.js';
import { EtcdEndpoints, type EtcdEndpointsOptions } from './endpoints/endpoints.js';
import { raced } from './endpoints/raced.js';
import { listAll, type ReadPage } from './paging.js';
import { PrefixWatch } from './prefix-watch.js';

export class EtcdDirectory implements Directory {
	readonly #endpoints: EtcdEndpoints;
	readonly #watch: PrefixWatch;

	constructor(options: EtcdEndpointsOptions, clock: Clock, logger: Logger) {
		this.#endpoints = new EtcdEndpoints(options, clock, logger);
		this.#watch = new PrefixWatch(clock);
	}

	async list(prefix: string, signal?: AbortSignal): Promise<Listing> {
		const call: ReadPage = (read) => raced(this.#endpoints, (etcd) => read(etcd).then(answerOf), signal);
		const listing = await unlessAborted(listAll(call, prefix), signal);
		const connection = this.#endpoints.current();
		if (connection !== null) void this.#watch.runOn(connection);
		return listing;
	}

	watch(prefix: string, hint: ChangeHint): () => void {
		return this.#watch.add(prefix, hint);
	}

	endpoint(): string | null {
		return this.#endpoints.current()?.endpoint ?? null;
	}

	close(): void {
		this.#watch.close();
		this.#endpoints.close();
	}
}

const answerOf = (value: IRangeResponse) => ({ header: value.header, value });
