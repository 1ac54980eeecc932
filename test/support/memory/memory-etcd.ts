import type { Observed } from '../../../src/core/registration.js';
import type { Clock, LeaseLook, WatchListener, Write } from '../../../src/registrar/ports.js';

interface Kv {
	readonly value: string;
	readonly lease: string | null;
	readonly modRevision: string;
}

export type Changed = (key: string, change: Parameters<WatchListener['changed']>[1]) => void;

/** How it went, in etcd's words. */
export type Commit = 'succeeded' | 'refused' | 'lease not found';

/** etcd grants no shorter lease with its default election time-out. */
const MIN_TTL_SECONDS = 2;

/**
 * The server's side of etcd as far as a registrar sees it: revisions, guarded transactions, leases that run out. Every
 * `MemoryStore` is one client of it; several share one. That it behaves as etcd does is held by the contract suite.
 */
export class MemoryEtcd {
	clusterId = '1';
	/** Grows when etcd restarts or changes its leader. */
	term = 1;
	#revision = 1n;
	#keys = new Map<string, Kv>();
	#leases = new Map<string, { readonly grantedSeconds: number; endsMs: number }>();
	readonly #watchers = new Set<Changed>();
	/** One for each lease, so that watches hear of its end although nobody asks. */
	readonly #ends = new Map<string, ReturnType<typeof setTimeout>>();

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

	keysOn(lease: string): string[] {
		return [...this.#keys].filter(([, kv]) => kv.lease === lease).map(([key]) => key);
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
		this.#leases.set(lease, { grantedSeconds, endsMs: this.clock.now() + grantedSeconds * 1_000 });
		this.#expireLater(lease, grantedSeconds);
		return grantedSeconds;
	}

	/** Seconds granted, 0 = there is no such lease. */
	renew(leaseId: string): number {
		this.expire();
		const lease = this.#leases.get(leaseId);
		if (lease === undefined) return 0;
		lease.endsMs = this.clock.now() + lease.grantedSeconds * 1_000;
		this.#expireLater(leaseId, lease.grantedSeconds);
		return lease.grantedSeconds;
	}

	/** `false` = there is no such lease. */
	revoke(lease: string): boolean {
		this.expire();
		if (!this.#leases.has(lease)) return false;
		this.#end(lease);
		return true;
	}

	timeToLive(leaseId: string): LeaseLook | null {
		this.expire();
		const lease = this.#leases.get(leaseId);
		if (lease === undefined) return null;
		return {
			remainingSeconds: Math.floor((lease.endsMs - this.clock.now()) / 1_000),
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
		for (const [lease, { endsMs }] of this.#leases) if (endsMs <= this.clock.now()) this.#end(lease);
	}

	/** What a snapshot would hold: restoring it goes back in history, and every lease lives its whole TTL once more. */
	snapshot(): () => void {
		const saved = { revision: this.#revision, keys: new Map(this.#keys), leases: [...this.#leases] };
		return () => {
			this.#revision = saved.revision;
			this.#keys = new Map(saved.keys);
			this.#leases = new Map(
				saved.leases.map(([id, { grantedSeconds }]) => [
					id,
					{ grantedSeconds, endsMs: this.clock.now() + grantedSeconds * 1_000 },
				]),
			);
			for (const [id, { grantedSeconds }] of this.#leases) this.#expireLater(id, grantedSeconds);
		};
	}

	/** Begins again, empty, as another cluster where a new id is given. Watches see nothing of it. */
	wipe(clusterId = this.clusterId): void {
		this.clusterId = clusterId;
		this.#revision = 1n;
		this.#keys.clear();
		this.#leases.clear();
	}

	#end(lease: string): void {
		this.#leases.delete(lease);
		clearTimeout(this.#ends.get(lease));
		const keys = this.keysOn(lease);
		if (keys.length > 0) this.#revision += 1n;
		for (const key of keys) this.#remove(key);
	}

	#put(key: string, value: string, lease: string | null): void {
		this.#keys.set(key, { value, lease, modRevision: this.revision });
		for (const changed of this.#watchers) changed(key, { type: 'put', value, lease });
	}

	#remove(key: string): void {
		this.#keys.delete(key);
		for (const changed of this.#watchers) changed(key, { type: 'delete' });
	}

	#expireLater(lease: string, seconds: number): void {
		clearTimeout(this.#ends.get(lease));
		this.#ends.set(lease, setTimeout(() => this.expire(), seconds * 1_000 + 1).unref());
	}
}
