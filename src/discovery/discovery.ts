/**
 * The instances of one service, kept up to date. A linearizable read of the whole prefix is the truth, a
 * watch only makes it run sooner; while etcd does not answer, the last known instances stay.
 */

import { type Instance, instancesPrefix, type WantedName } from '../core/formats/index.js';
import type { Logger } from '../core/log/logger.js';
import type { Clock, Random } from '../core/pace.js';
import { Decoding } from './decoding.js';
import { ClosedError, type DiscoveryEvent, type DiscoveryEvents, type DiscoveryStatus } from './events.js';
import { Listeners } from './listeners.js';
import { Picker } from './pick.js';
import type { Directory } from './ports.js';
import { PollingReader } from './reader.js';
import { States } from './states.js';
import { Trouble } from './trouble.js';
import { answered, difference, failed, type InstancesView, leftOut, NOTHING } from './view.js';

export interface DiscoveryParts {
	readonly wanted: WantedName;
	readonly directory: Directory;
	/** Lets go of the directory, which others may share. */
	readonly release: () => void;
	readonly pollMs: number;
	readonly emptyGraceMs: number;
	readonly logger: Logger;
	readonly clock: Clock;
	/** The time of day, for people. */
	readonly today: () => Date;
	readonly random: Random;
}

export class Discovery implements AsyncIterable<readonly Instance[]>, AsyncDisposable {
	readonly #parts: DiscoveryParts;
	readonly #prefix: string;
	readonly #decoding: Decoding;
	readonly #picker: Picker;
	readonly #reader: PollingReader;
	readonly #states = new States();
	readonly #unwatch: () => void;
	readonly #listeners: Listeners<DiscoveryEvents>;
	readonly #reads = { ok: 0, failed: 0 };
	#view: InstancesView = NOTHING;
	readonly #trouble: Trouble;
	#asOf: Date | null = null;
	#answeredMs = Number.NEGATIVE_INFINITY;
	#closed = false;

	constructor(parts: DiscoveryParts) {
		this.#parts = parts;
		const { wanted, directory, logger, clock, random, pollMs } = parts;
		this.#prefix = instancesPrefix(wanted);
		this.#decoding = new Decoding(wanted, this.#prefix, logger);
		this.#picker = new Picker(random);
		this.#listeners = new Listeners(['changed', 'stale', 'fresh'], logger);
		this.#trouble = new Trouble(
			logger,
			() => ({ name: wanted.name, prefix: this.#prefix, instances: this.instances.length }),
			{
				began: (error) => this.#listeners.tell('stale', { error }),
				ended: () => this.#listeners.tell('fresh', { instances: this.instances }),
			},
		);
		this.#reader = new PollingReader({ read: (signal) => this.#read(signal), clock, random, pollMs });
		this.#unwatch = directory.watch(this.#prefix, (revision) => {
			if (revision === null || this.#view.last === null || BigInt(revision) > this.#view.last.revision)
				this.#reader.hint();
		});
		this.#reader.start();
	}

	/**
	 * Those known now, sorted by key; the same array as long as nothing changes. Never emptied by an outage.
	 */
	get instances(): readonly Instance[] {
		return this.#view.instances;
	}

	/**
	 * Resolves once etcd has answered, also where it knows no instance. Rejects with the signal's reason, or
	 * when it is closed first.
	 */
	ready({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
		return this.#states.after(0, signal).then((state) => {
			if (state === null) throw new ClosedError();
		});
	}

	/** One of the instances, in proportion to the weights; `null` = there is none. */
	pick(): Instance | null {
		return this.#picker.pick();
	}

	/**
	 * Has etcd read soon, rather than at the next poll: at most once in 100 ms, however often it is asked for.
	 */
	refresh(): void {
		this.#reader.hint();
	}

	/** Returns a function that takes the listener off. @throws ConfigError for an event that there is not */
	on<E extends DiscoveryEvent>(event: E, listener: (detail: DiscoveryEvents[E]) => unknown): () => void {
		return this.#listeners.add(event, listener);
	}

	/** The newest instances each time; whoever is slow skips, and nothing queues. Ends when it is closed. */
	[Symbol.asyncIterator](): AsyncIterableIterator<readonly Instance[]> {
		return this.#states.iterate();
	}

	status(): DiscoveryStatus {
		const { wanted, directory } = this.#parts;
		return {
			state: this.#state(),
			name: wanted.name,
			format: wanted.format,
			prefix: this.#prefix,
			instances: this.instances.length,
			leftOut: leftOut(this.#view),
			asOf: this.#asOf,
			lastError: this.#trouble.error?.message ?? null,
			endpoint: this.#closed ? null : directory.endpoint(),
			reads: { ...this.#reads },
		};
	}

	/**
	 * Nothing happens after this, and nothing of it keeps the process alive; the instances stay as they are.
	 * Idempotent.
	 */
	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		this.#unwatch();
		this.#reader.stop();
		this.#states.close();
		this.#parts.release();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	#state(): DiscoveryStatus['state'] {
		if (this.#closed) return 'closed';
		if (this.#view.last === null) return 'waiting';
		const isOverdue = this.#parts.clock.now() - this.#answeredMs > 2 * this.#parts.pollMs;
		return this.#trouble.error === null && !isOverdue ? 'fresh' : 'stale';
	}

	async #read(signal: AbortSignal): Promise<boolean> {
		try {
			const listing = await this.#parts.directory.list(this.#prefix, signal);
			if (signal.aborted) return false;
			this.#reads.ok += 1;
			this.#take(
				answered(
					this.#view,
					this.#decoding.answerOf(listing, this.#view.last),
					this.#parts.clock.now(),
					this.#parts.emptyGraceMs,
				),
			);
			return true;
		} catch (error) {
			if (signal.aborted) return false;
			this.#reads.failed += 1;
			this.#view = failed(this.#view);
			this.#trouble.failed(error);
			return false;
		}
	}

	#take(view: InstancesView): void {
		const before = this.#view;
		this.#view = view;
		if (view.held === null) {
			this.#asOf = this.#parts.today();
			this.#answeredMs = this.#parts.clock.now();
			this.#trouble.over();
		} else {
			this.#reader.atLatest(view.held.sinceMs + this.#parts.emptyGraceMs);
			this.#trouble.held(view.held);
		}
		if (view.instances !== before.instances) {
			this.#picker.follow(view.instances);
			this.#states.set(view.instances);
			this.#listeners.tell('changed', {
				instances: view.instances,
				...difference(before.instances, view.instances),
			});
		} else if (before.last === null) this.#states.set(view.instances);
	}
}
