/** The keys that `watch` knows, and what has changed since. */
import type { CatalogEntry } from '../../adapters/etcd/catalog.js';
import type { FirstSeen } from './rows.js';

export interface Change {
	/** As etcd calls them: a key is there or has another value, lease or revision; or it is gone. */
	readonly event: 'put' | 'delete';
	/** Of a key that is gone: what it was. */
	readonly entry: CatalogEntry;
}

interface Known {
	readonly entry: CatalogEntry;
	readonly sinceSeconds: number;
	readonly fromBirth: boolean;
}

export class KnownKeys {
	readonly #known = new Map<string, Known>();
	#isComplete = false;

	constructor(private readonly nowSeconds: () => number) {}

	/** In the order of the keys, those that are gone first. */
	changes(entries: readonly CatalogEntry[]): Change[] {
		const there = new Set(entries.map(({ key }) => key));
		const gone = [...this.#known.values()].filter(({ entry }) => !there.has(entry.key));
		const put = entries.filter((entry) => !isSame(entry, this.#known.get(entry.key)?.entry));
		return [
			...gone.map(({ entry }) => ({ event: 'delete', entry }) as const),
			...put.map((entry) => ({ event: 'put', entry }) as const),
		];
	}

	/** These were written. */
	settle(changes: readonly Change[]): void {
		const fresh = { sinceSeconds: this.nowSeconds(), fromBirth: this.#isComplete };
		for (const { event, entry } of changes) {
			if (event === 'delete') this.#known.delete(entry.key);
			else this.#known.set(entry.key, { ...(this.#known.get(entry.key) ?? fresh), entry });
		}
	}

	/** Everything that was there at the beginning was written. */
	complete(): void {
		this.#isComplete = true;
	}

	/** When the key was first seen. `null` = it may have been there before the first read. */
	firstSeen(key: string): FirstSeen | null {
		const known = this.#known.get(key);
		if (known === undefined) return this.#isComplete ? { seconds: 0, fromBirth: true } : null;
		return { seconds: Math.floor(this.nowSeconds() - known.sinceSeconds), fromBirth: known.fromBirth };
	}
}

/** The revision alone would do in one history; etcd may be wiped and count anew. */
function isSame(one: CatalogEntry, other: CatalogEntry | undefined): boolean {
	return (
		other !== undefined &&
		one.modRevision === other.modRevision &&
		one.lease === other.lease &&
		one.value.equals(other.value)
	);
}
