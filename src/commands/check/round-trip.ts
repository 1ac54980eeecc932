/** Asks etcd what `check` wants to know, and changes nothing. */
import { chunked, inParts } from '../../core/batches.js';
import { StoreError } from '../../core/errors.js';
import type { Entry, Observed } from '../../core/registration.js';
import type { Store } from '../../registrar/ports.js';

/** What stands under a key now; `denied` = this user may not read it. */
export type FoundKey = Observed | 'denied';

export interface RoundTrip {
	readonly tookMs: number;
	readonly found: ReadonlyMap<string, FoundKey>;
}

/** Reads the keys as the registrar does. @throws StoreError when etcd does not answer or does not know us */
export async function readKeys(store: Store, entries: readonly Entry[]): Promise<RoundTrip> {
	const beganMs = performance.now();
	const found = new Map<string, FoundKey>();
	const read = async (part: readonly Entry[]): Promise<boolean> => {
		const { keys } = await store.read(part.map(({ key }) => key));
		for (const [key, observed] of keys) found.set(key, observed);
		return true;
	};
	await eachAllowed(entries, read, ({ key }) => found.set(key, 'denied'));
	return { tookMs: performance.now() - beganMs, found };
}

/**
 * The keys that this user may not write. etcd checks the permission for what a transaction might do, so one
 * whose condition can never hold (a revision that no key has) tells it without writing. @throws StoreError
 */
export async function deniedWrites(store: Store, entries: readonly Entry[]): Promise<string[]> {
	const denied: string[] = [];
	const write = (part: readonly Entry[]) =>
		store.write(
			part.map(({ key, value }) => ({ op: 'put', key, value, lease: '0', ifModRevision: NEVER }) as const),
		);
	await eachAllowed(entries, write, ({ key }) => denied.push(key));
	return denied;
}

/** The highest int64: revisions count up from 1. */
const NEVER = '9223372036854775807';

/**
 * What is denied for one key is denied for the whole transaction, so it is halved until the denied keys stand
 * alone.
 */
async function eachAllowed(
	entries: readonly Entry[],
	ask: (part: readonly Entry[]) => Promise<unknown>,
	denied: (entry: Entry) => unknown,
): Promise<void> {
	const bytes = ({ key, value }: Entry) => key.length + value.length;
	const waiting: (readonly Entry[])[] = [...chunked(entries, bytes)];
	for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
		try {
			await ask(part);
		} catch (error) {
			if (!(error instanceof StoreError) || error.code !== 'permission-denied') throw error;
			const [only] = part;
			if (part.length > 1) waiting.unshift(...inParts(part, 2));
			else if (only !== undefined) denied(only);
		}
	}
}
