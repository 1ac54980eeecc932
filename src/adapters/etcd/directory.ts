/** etcd as discovery's `Directory`: reads are raced over the endpoints, and the watch runs where the last read was answered. */
import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import { unlessAborted } from '../../core/unless-aborted.js';
import type { Directory, Hint, Listing } from '../../discovery/ports.js';
import { Endpoints, type EndpointsOptions } from './endpoints.js';
import { listAll } from './paging.js';
import { PrefixWatch } from './prefix-watch.js';
import { raced } from './raced.js';

export interface EtcdDirectoryOptions extends EndpointsOptions {
	readonly dialTimeoutMs: number;
}

export class EtcdDirectory implements Directory {
	readonly #endpoints: Endpoints;
	readonly #watch: PrefixWatch;

	constructor(
		private readonly options: EtcdDirectoryOptions,
		clock: Clock,
		logger: Logger,
	) {
		this.#endpoints = new Endpoints(options, clock, logger);
		this.#watch = new PrefixWatch(clock);
	}

	async list(prefix: string, signal?: AbortSignal): Promise<Listing> {
		const listing = await unlessAborted(
			listAll(
				(make) => raced(this.#endpoints, make, { limitMs: this.options.dialTimeoutMs, signal }),
				prefix,
			),
			signal,
		);
		const connection = this.#endpoints.current();
		if (connection !== null) void this.#watch.runOn(connection);
		return listing;
	}

	watch(prefix: string, hint: Hint): () => void {
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
