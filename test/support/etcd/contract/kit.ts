import type { Observed } from '../../../../src/core/registration.js';
import type { KeepaliveListener, Store, WatchListener, Write } from '../../../../src/registrar/ports.js';

/** An etcd, whatever it is made of, as the contract needs it. */
export interface ContractStage {
	/** A client of its own each time. */
	connect(): Store;
	/** A client that may read and write these keys; etcd denies it those. */
	connectAs(rights: {
		readonly allowed: readonly string[];
		readonly denied: readonly string[];
	}): Promise<Store> | Store;
	/**
	 * How a lease that holds a denied key is denied: 3.4 only its revocation, some of 3.5 also what renews it
	 * or hangs keys on it.
	 */
	readonly manner: '3.4' | '3.5' | 'either';
	/**
	 * Another client, that is allowed to, puts a value of so many bytes under the lease. Requests of up to 8
	 * MiB are taken.
	 */
	putLarge(key: string, lease: string, bytes: number): Promise<void> | void;
	stop(): Promise<void> | void;
}

/** What the suites use; all of it is closed after each test. */
export interface Clients {
	/** A client that has read once, as the registrar does before anything else. */
	connect(): Promise<Store>;
	/** One that has not. */
	untouched(): Store;
	/** One that has read, and may do this and not that. */
	connectAs(rights: {
		readonly allowed: readonly string[];
		readonly denied: readonly string[];
	}): Promise<Store>;
	manner(): ContractStage['manner'];
	putLarge: ContractStage['putLarge'];
}

let count = 0;
/** Keys and leases of no other test: all of them share one etcd. */
export const fresh = () => {
	count += 1;
	return {
		key: (name: string) => `/contract/${count}/${name}`,
		prefix: `/contract/${count}/`,
		lease: String(7_000_000 + count * 100),
	};
};

export const put = (key: string, value: string, lease: string, ifModRevision = '0'): Write => ({
	op: 'put',
	key,
	value,
	lease,
	ifModRevision,
});
export const remove = (key: string, ifModRevision: string): Write => ({ op: 'delete', key, ifModRevision });

/** Everything a listener was told, in order. */
export function keepaliveLog() {
	const answers: [lease: string, ttlSeconds: number][] = [];
	const ends: (Error | null)[] = [];
	const listener: KeepaliveListener = {
		answered: (lease, ttlSeconds) => answers.push([lease, ttlSeconds]),
		ended: (error) => ends.push(error),
	};
	return { answers, ends, listener };
}

export function watchLog() {
	const told: unknown[] = [];
	const ends: (Error | null)[] = [];
	const log = { told, ends, opened: 0 };
	const listener: WatchListener = {
		opened: () => {
			log.opened += 1;
		},
		changed: (key, change) => told.push([key, change]),
		ended: (error) => ends.push(error),
	};
	return Object.assign(log, { listener });
}

export const observed = async (store: Store, key: string): Promise<Observed> =>
	(await store.read([key])).keys.get(key) ?? null;
