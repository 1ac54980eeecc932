import { StoreError } from '../../../src/core/errors.js';
import type { Observed } from '../../../src/core/registration.js';
import type { LeaseTimeLeft, Reading, Write } from '../../../src/registrar/ports.js';
import type { MemoryEtcd } from './memory-etcd.js';

/** What an etcd and gRPC take in one transaction, one request and one answer. */
export interface Limits {
	/** --max-txn-ops: of compares, and of operations. */
	readonly operations: number;
	/** --max-request-bytes. */
	readonly requestBytes: number;
	/** grpc-js takes no larger answer. */
	readonly answerBytes: number;
}

/**
 * How a lease that holds a denied key is denied: 3.4 only its revocation, 3.5 also what renews it or hangs
 * keys on it.
 */
export type Manner = '3.4' | '3.5';

const MIB = 2 ** 20;
const USUAL: Limits = { operations: 128, requestBytes: 8 * MIB, answerBytes: 4 * MIB };

/**
 * What one user may do in a `MemoryEtcd`, and what etcd answers: at once, or a `StoreError`. Every client's
 * calls end here.
 */
export class MemorySession {
	/** Keys that etcd denies this user; `write` = it may read them. */
	readonly denied = new Map<string, 'all' | 'write'>();
	readonly limits: Limits;

	constructor(
		readonly etcd: MemoryEtcd,
		readonly manner: Manner = '3.4',
		limits: Partial<Limits> = {},
	) {
		this.limits = { ...USUAL, ...limits };
	}

	read(keys: readonly string[]): Reading {
		this.#assertFew(keys.length);
		this.#assertSmall(keys.reduce((sum, key) => sum + key.length, 0));
		if (keys.some((key) => this.denied.get(key) === 'all')) throw deny();
		const seen = new Map<string, Observed>();
		let bytes = 0;
		for (const key of keys) {
			const observed = this.etcd.get(key);
			bytes += observed?.value?.length ?? 0;
			seen.set(key, observed);
		}
		if (bytes > this.limits.answerBytes) {
			const [only] = keys;
			if (only === undefined || keys.length > 1) throw new StoreError('too-large', 'message larger than max');
			// Asked for again, without its value: too large is not what anybody here wants.
			const observed = seen.get(only) ?? null;
			seen.set(only, observed && { ...observed, value: null });
		}
		const { revision, clusterId, term } = this.etcd;
		return { revision, clusterId, term: String(term), keys: seen };
	}

	write(writes: readonly Write[]): boolean {
		this.#assertFew(writes.length);
		this.#assertSmall(
			writes.reduce(
				(sum, write) => sum + 2 * write.key.length + (write.op === 'put' ? write.value.length : 0),
				0,
			),
		);
		if (new Set(writes.map(({ key }) => key)).size < writes.length)
			throw new StoreError('invalid', 'duplicate key given in txn request');
		const leases = new Set(writes.map((write) => (write.op === 'put' ? write.lease : '0')));
		if (writes.some(({ key }) => this.denied.has(key)) || [...leases].some((id) => this.isLeaseDenied(id)))
			throw deny();
		const commit = this.etcd.commit(writes);
		if (commit === 'lease not found') throw new StoreError('lease-not-found', 'requested lease not found');
		return commit === 'succeeded';
	}

	grant(lease: string, ttlSeconds: number): number {
		return this.etcd.grant(lease, ttlSeconds) ?? this.etcd.timeToLive(lease)?.grantedSeconds ?? ttlSeconds;
	}

	revoke(lease: string): void {
		if (this.#holdsDenied(lease)) throw deny();
		this.etcd.revoke(lease);
	}

	timeToLive(lease: string): LeaseTimeLeft | null {
		return this.etcd.timeToLive(lease);
	}

	count(prefix: string): number {
		if ([...this.denied.keys()].some((key) => key.startsWith(prefix))) throw deny();
		return this.etcd.count(prefix);
	}

	/** @throws StoreError that ends the stream */
	renew(lease: string): number {
		if (this.isLeaseDenied(lease)) throw deny();
		return this.etcd.renew(lease);
	}

	/** Which keys are watched: a group of several as a range, and key by key where it holds a denied one. */
	watched(groups: readonly (readonly string[])[]): (key: string) => boolean {
		const single = new Set<string>();
		const ranges: (readonly [first: string, last: string])[] = [];
		for (const group of groups) {
			const [first, last] = [group[0] ?? '', group.at(-1) ?? ''];
			const isInside = (key: string) => first <= key && key <= last;
			if (group.length > 1 && ![...this.denied].some(([key, what]) => what === 'all' && isInside(key)))
				ranges.push([first, last]);
			else for (const key of group) if (this.denied.get(key) !== 'all') single.add(key);
		}
		return (key) =>
			this.denied.get(key) !== 'all' &&
			(single.has(key) || ranges.some(([first, last]) => first <= key && key <= last));
	}

	isLeaseDenied(lease: string): boolean {
		return this.manner === '3.5' && this.#holdsDenied(lease);
	}

	#holdsDenied(lease: string): boolean {
		return this.denied.size > 0 && this.etcd.keysOn(lease).some((key) => this.denied.has(key));
	}

	#assertFew(operations: number): void {
		if (operations > this.limits.operations)
			throw new StoreError('too-large', 'too many operations in txn request');
	}

	#assertSmall(bytes: number): void {
		if (bytes > this.limits.requestBytes) throw new StoreError('too-large', 'request is too large');
	}
}

export const deny = (): StoreError => new StoreError('permission-denied', 'etcdserver: permission denied');
