import type { Observed } from '../../../src/core/registration.js';
import type { Clock, LeaseTimeLeft, WatchListener, Write } from '../../../src/registrar/ports.js';

export interface Kv {
	readonly value: string;
	readonly lease: string | null;
	readonly modRevision: string;
}

interface Lease {
	readonly grantedSeconds: number;
	endsMs: number;
	/** etcd takes an ended lease away only at its next search for such. */
	lagMs: number;
	readonly keys: Set<string>;
}

export type Changed = (key: string, change: Parameters<WatchListener['changed']>[1]) => void;

/** Sees everything that happens to keys, with what stood there before. For tests that judge. */
export type Witness = (key: string, before: Kv | null, after: Kv | null) => void;

/** How it went, in etcd's words. */
export type Commit = 'succeeded' | 'refused' | 'lease not found';

/** etcd grants no shorter lease with its default election time-out. */
const MIN_TTL_SECONDS = 2;

/**
 * The server's side of etcd as far as a registrar sees it: revisions, guarded transactions, leases that run
 * out. Every `MemoryStore` is one client of it; several share one. That it behaves as etcd does is held by
 * the contract suite.
 */
export class MemoryEtcd {
	clusterId = '1';
	/** Grows when etcd restarts or changes its leader. */
	term = 1;
	#revision = 1n;
	#keys = new Map<string, Kv>();
	#leases = new Map<string, Lease>();
	readonly #watchers = new Set<Changed>();
	/** One for each lease, so that watches hear of its end although nobody asks. */
	readonly #ends = new Map<string, ReturnType<typeof setTimeout>>();
	/** No lease ends before. */
	#soonestMs = Number.POSITIVE_INFINITY;
	witness: Witness = () => {};
	/** So long after its end a lease is taken away. */
	lagMs: () => number = () => 0;

	constructor(readonly clock: Clock) {}

	get revision(): string {
		return String(this.#revision);
	}

	/** The leases that exist. */
	get leases(): readonly string[] {
		this.expire();
		return [...this.#leases.keys()];
	}

	/** Everything that stands in it: key → value. */
	get contents(): Readonly<Record<string, string>> {
		this.expire();
		return Object.fromEntries([...this.#keys].map(([key, { value }]) => [key, value]));
	}

	get(key: string): Observed {
		this.expire();
		return this.#keys.get(key) ?? null;
	}

	keysOn(lease: string): readonly string[] {
		return [...(this.#leases.get(lease)?.keys ?? [])];
	}

	/** How many keys hang on it. */
	sizeOf(lease: string): number {
		return this.#leases.get(lease)?.keys.size ?? 0;
	}

	count(prefix: string): number {
		this.expire();
		return [...this.#keys.keys()].filter((key) => key.startsWith(prefix)).length;
	}

	/** All or nothing, and one revision for all of it. */
	commit(writes: readonly Write[]): Commit {
		this.expire();
		if (writes.some(({ key, ifModRevision }) => (this.#keys.get(key)?.modRevision ?? '0') !== ifModRevision))
			return 'refused';
		if (writes.some((write) => write.op === 'put' && write.lease !== '0' && !this.#leases.has(write.lease)))
			return 'lease not found';
		const happening = writes.filter((write) => write.op === 'put' || this.#keys.has(write.key));
		if (happening.length > 0) this.#revision += 1n;
		for (const write of happening) {
			if (write.op === 'delete') this.#remove(write.key);
			else this.#put(write.key, write.value, write.lease === '0' ? null : write.lease);
		}
		return 'succeeded';
	}

	/** What somebody without our guards does. */
	put(key: string, value: string, lease: string | null = null): void {
		this.#revision += 1n;
		this.#put(key, value, lease);
	}

	delete(key: string): void {
		if (!this.#keys.has(key)) return;
		this.#revision += 1n;
		this.#remove(key);
	}

	/** `null` = it exists already. */
	grant(lease: string, ttlSeconds: number): number | null {
		this.expire();
		if (this.#leases.has(lease)) return null;
		const grantedSeconds = Math.max(ttlSeconds, MIN_TTL_SECONDS);
		this.#begin(lease, { grantedSeconds, endsMs: 0, lagMs: this.lagMs(), keys: new Set() });
		return grantedSeconds;
	}

	/** Seconds granted, 0 = there is no such lease. */
	renew(leaseId: string): number {
		this.expire();
		const lease = this.#leases.get(leaseId);
		if (lease === undefined) return 0;
		// etcd answers only once it has revoked what ran out.
		if (lease.endsMs <= this.clock.now()) {
			this.#end(leaseId);
			return 0;
		}
		this.#begin(leaseId, lease);
		return lease.grantedSeconds;
	}

	/** `false` = there is no such lease. */
	revoke(lease: string): boolean {
		this.expire();
		if (!this.#leases.has(lease)) return false;
		this.#end(lease);
		return true;
	}

	timeToLive(leaseId: string): LeaseTimeLeft | null {
		this.expire();
		const lease = this.#leases.get(leaseId);
		if (lease === undefined) return null;
		return {
			remainingSeconds: Math.max(0, Math.floor((lease.endsMs - this.clock.now()) / 1_000)),
			grantedSeconds: lease.grantedSeconds,
			term: String(this.term),
		};
	}

	/** Returns a function that ends it. */
	watch(changed: Changed): () => void {
		this.#watchers.add(changed);
		return () => this.#watchers.delete(changed);
	}

	/** Leases whose time is over go, and their keys with them. */
	expire(): void {
		const now = this.clock.now();
		if (now < this.#soonestMs) return;
		for (const [lease, { endsMs, lagMs }] of this.#leases) if (endsMs + lagMs <= now) this.#end(lease);
		this.#soonestMs = Math.min(...[...this.#leases.values()].map(({ endsMs, lagMs }) => endsMs + lagMs));
	}

	/**
	 * What a restart or a change of the leader does: another term, and every lease lives its whole TTL once
	 * more.
	 */
	extend(): void {
		this.expire();
		this.term += 1;
		for (const [id, lease] of this.#leases) this.#begin(id, lease);
	}

	/**
	 * What a snapshot would hold: restoring it goes back in history, and every lease lives its whole TTL once
	 * more.
	 */
	snapshot(): () => void {
		this.expire();
		const revision = this.#revision;
		const keys = new Map(this.#keys);
		const leases = [...this.#leases].map(([id, lease]) => [id, lease, [...lease.keys]] as const);
		return () => {
			const before = this.#keys;
			this.#forget();
			this.#revision = revision;
			this.#keys = new Map(keys);
			for (const [id, lease, held] of leases) this.#begin(id, { ...lease, keys: new Set(held) });
			for (const key of new Set([...before.keys(), ...keys.keys()])) {
				const [was, is] = [before.get(key) ?? null, keys.get(key) ?? null];
				if (was !== is) this.witness(key, was, is);
			}
		};
	}

	/** Begins again, empty, as another cluster where a new id is given. Watches see nothing of it. */
	wipe(clusterId = this.clusterId): void {
		const before = this.#keys;
		this.#forget();
		this.clusterId = clusterId;
		this.#revision = 1n;
		for (const [key, was] of before) this.witness(key, was, null);
	}

	#forget(): void {
		for (const timer of this.#ends.values()) clearTimeout(timer);
		this.#ends.clear();
		this.#keys = new Map();
		this.#leases.clear();
	}

	#end(leaseId: string): void {
		const lease = this.#leases.get(leaseId);
		this.#leases.delete(leaseId);
		clearTimeout(this.#ends.get(leaseId));
		if (lease === undefined || lease.keys.size === 0) return;
		this.#revision += 1n;
		for (const key of lease.keys) this.#remove(key);
	}

	#put(key: string, value: string, lease: string | null): void {
		const before = this.#keys.get(key) ?? null;
		const after = { value, lease, modRevision: this.revision };
		if (before?.lease != null) this.#leases.get(before.lease)?.keys.delete(key);
		if (lease !== null) this.#leases.get(lease)?.keys.add(key);
		this.#keys.set(key, after);
		this.witness(key, before, after);
		for (const changed of this.#watchers) changed(key, { type: 'put', value, lease });
	}

	#remove(key: string): void {
		const before = this.#keys.get(key) ?? null;
		if (before?.lease != null) this.#leases.get(before.lease)?.keys.delete(key);
		this.#keys.delete(key);
		this.witness(key, before, null);
		for (const changed of this.#watchers) changed(key, { type: 'delete' });
	}

	/** Its whole TTL from now on. */
	#begin(id: string, lease: Lease): void {
		const ttlMs = lease.grantedSeconds * 1_000;
		lease.endsMs = this.clock.now() + ttlMs;
		this.#leases.set(id, lease);
		this.#soonestMs = Math.min(this.#soonestMs, lease.endsMs + lease.lagMs);
		clearTimeout(this.#ends.get(id));
		this.#ends.set(id, setTimeout(() => this.expire(), ttlMs + lease.lagMs + 1).unref());
	}
}
