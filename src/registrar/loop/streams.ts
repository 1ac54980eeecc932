/**
 * What keeps the keys between two passes, keepalive and watch, and the hints that both give. Whatever becomes
 * of them, the poll goes on.
 */
import type { Hint } from '../events.js';
import type { Wanted } from '../pass/facts.js';
import type { Lease, Leases } from '../pass/leases.js';
import type { Memory } from '../pass/memory.js';
import type { Clock, Store, WatchListener } from '../ports.js';
import type { Counting } from '../report/counters.js';
import { Keepalive } from './keepalive.js';
import { Watch } from './watch.js';

export interface StreamsParts {
	readonly store: Store;
	readonly clock: Clock;
	/** `false` = no watch. */
	readonly hints: boolean;
	readonly leases: Leases;
	readonly memory: Memory;
	readonly counting: Counting;
	readonly wanted: () => Wanted;
	/** The keys of each service; the same object as long as nothing changes. */
	readonly groups: () => Iterable<readonly string[]>;
	readonly fleetPrefixes: () => ReadonlySet<string>;
	readonly isPassing: () => boolean;
	/** Makes a pass run early. */
	readonly hint: (hint: Hint) => void;
}

/**
 * A silent stream is noticed, and another tried, within two thirds of the TTL: only then fresh leases are the
 * last resort.
 */
const UNRENEWED_INTERVALS = 0.7;

export class Streams {
	readonly #keepalive: Keepalive;
	readonly #watch: Watch;
	/**
	 * Since when passes have been good and no lease was renewed; `null` = one was, or etcd does not answer at
	 * all.
	 */
	#unrenewedSinceMs: number | null = null;

	constructor(private readonly parts: StreamsParts) {
		const { store, clock, leases, counting, hint } = parts;
		this.#keepalive = new Keepalive(store, {
			renewed: (lease, ttlSeconds) => {
				this.#lives({ id: lease, ttlSeconds });
				this.#unrenewedSinceMs = null;
				counting.keepalive(true);
			},
			lost: (lease) => {
				leases.gone(lease);
				hint('lease_lost');
			},
			denied: (lease) => leases.denied(lease),
			trouble: () => {
				counting.keepalive(false);
				hint('keepalive');
			},
		});
		this.#watch = new Watch(store, clock, {
			changed: this.#changed,
			// What happened before it was open, and after the pass that ended already, nobody has seen.
			opened: (again) => (again || !parts.isPassing()) && hint('reconnected'),
			ended: () => hint('reconnected'),
		});
	}

	/** A lease is renewed from the moment of its grant. */
	granted(lease: Lease): void {
		this.#lives(lease);
		this.renew();
	}

	/** Renews what there is to renew. */
	renew(): void {
		this.#keepalive.refresh(this.parts.leases.renewed);
	}

	/** etcd answered a read: what renews and watches uses that connection, whatever becomes of the pass. */
	answered(): void {
		this.renew();
		const { hints, groups, fleetPrefixes, memory } = this.parts;
		if (hints) this.#watch.refresh(groups(), fleetPrefixes, memory.deniedCount);
	}

	passed(): void {
		if (this.parts.leases.current.length > 0) this.#unrenewedSinceMs ??= this.parts.clock.now();
		this.answered();
	}

	failed(): void {
		this.#unrenewedSinceMs = null;
	}

	/**
	 * Where etcd answers reads but no keepalive (a proxy in between, say), fresh leases come before the old
	 * ones run out.
	 */
	replaceUnrenewed(): void {
		const { clock, leases } = this.parts;
		const sinceMs = this.#unrenewedSinceMs;
		const limitMs = UNRENEWED_INTERVALS * leases.intervalSeconds * 1_000;
		if (sinceMs === null || clock.now() - sinceMs < limitMs) return;
		this.#unrenewedSinceMs = null;
		leases.retire();
	}

	/** For good. */
	stop(): void {
		this.#keepalive.stop();
		this.#watch.stop();
	}

	#lives({ id, ttlSeconds }: Lease): void {
		this.parts.leases.extended(id, this.parts.clock.now() + ttlSeconds * 1_000);
	}

	/** A key that should be there went, or somebody else put it. What this process did itself is no news. */
	readonly #changed: WatchListener['changed'] = (key, change) => {
		const { wanted, memory, leases, hint } = this.parts;
		const isWanted = (wanted().get(key) ?? null) !== null;
		const { sent, verified } = memory.of(key);
		const isKnown = change.type === 'put' && (change.value === sent || change.value === verified?.value);
		const byUs = isKnown && change.lease !== null && leases.isOurs(change.lease);
		if (isWanted && !byUs) hint('watch');
	};
}
