/**
 * Cuts work into batches of the size that one transaction may carry. Cuts a refused batch into smaller ones
 * until each refused item is alone. Does no I/O itself.
 */
import { StoreError } from './errors.js';

/** etcd's `max-txn-ops` is 128 and counts compares and operations each; etcd takes requests of 1.5 MiB. */
export const MAX_OPERATIONS = 100;
export const MAX_BYTES = 512 * 1024;
/**
 * Full transactions that travel at the same time: etcd carries them out one after the other, and each has its
 * deadline.
 */
const PARALLEL = 8;
/** Requests of one key or one lease that travel at the same time. */
export const PARALLEL_SMALL = 32;

/** Cuts in order; an item larger than `maxBytes` stands alone. */
export function chunked<T>(
	items: readonly T[],
	bytesOf: (item: T) => number,
	maxItems = MAX_OPERATIONS,
	maxBytes = MAX_BYTES,
): T[][] {
	const chunks: T[][] = [];
	let room = 0;
	for (const item of items) {
		const bytes = bytesOf(item);
		const last = chunks.at(-1);
		if (last !== undefined && last.length < maxItems && bytes <= room) {
			last.push(item);
			room -= bytes;
		} else {
			chunks.push([item]);
			room = maxBytes - bytes;
		}
	}
	return chunks;
}

/** Cuts in order into at most `most` parts of equal length; the last one may be shorter. */
export function inParts<T>(items: readonly T[], most: number): T[][] {
	return chunked(items, () => 0, Math.ceil(items.length / most));
}

/** Why one item alone is refused. */
export type Refusal = 'permission-denied' | 'too-large';

/**
 * Number of parts into which a refused batch is cut. The parts are sent in parallel, so more of them find a
 * denied item in fewer round trips: four for 100 items, where halving takes eight. A batch that is too large
 * often fits when it is halved.
 */
const PARTS: Readonly<Record<Refusal, number>> = { 'permission-denied': PARALLEL, 'too-large': 2 };

/**
 * How often an item travels in batches of the size that etcd could take, before a larger one is tried again.
 */
const REMEMBERED: Readonly<Record<Refusal, number>> = { 'permission-denied': 1, 'too-large': 20 };

/**
 * What was learnt from refused batches: in how large ones each item may travel. It outlives a pass, so that
 * one which is cut by its deadline is continued by the next.
 */
export class BatchLimits {
	readonly #most = new Map<string, { readonly size: number; readonly times: number }>();

	/** Cuts items into batches; those that were in a refused one travel in smaller ones, behind the others. */
	cut<T>(items: readonly T[], { nameOf, bytesOf }: Pick<BatchWork<T>, 'nameOf' | 'bytesOf'>): T[][] {
		const bySize = new Map<number, T[]>();
		for (const item of items) {
			const size = this.#most.get(nameOf(item))?.size ?? MAX_OPERATIONS;
			const same = bySize.get(size);
			if (same === undefined) bySize.set(size, [item]);
			else same.push(item);
		}
		const sizes = [...bySize].sort(([a], [b]) => b - a);
		return sizes.flatMap(([size, same]) => chunked(same, bytesOf, size));
	}

	/** A batch of several items was refused. */
	refused(names: Iterable<string>, size: number, why: Refusal): void {
		for (const name of names) this.#most.set(name, { size, times: REMEMBERED[why] });
	}

	/** A batch was carried out. */
	accepted(names: Iterable<string>): void {
		if (this.#most.size === 0) return;
		for (const name of names) {
			const known = this.#most.get(name);
			if (known === undefined) continue;
			if (known.times > 1) this.#most.set(name, { ...known, times: known.times - 1 });
			else this.#most.delete(name);
		}
	}

	/** Items that are no longer configured are forgotten. */
	keepOnly(names: { has(name: string): boolean }): void {
		for (const name of this.#most.keys()) if (!names.has(name)) this.#most.delete(name);
	}
}

export interface BatchWork<T> {
	/** What tells one item from another across passes. */
	readonly nameOf: (item: T) => string;
	readonly bytesOf: (item: T) => number;
	/** Sends one batch. Rejects with a `StoreError`. */
	readonly send: (batch: readonly T[]) => Promise<void>;
	/** The item was refused alone. */
	readonly refused: (item: T, why: Refusal) => void;
	/** How many travel at the same time. @defaultValue 8 */
	readonly parallel?: number;
}

/**
 * Sends all batches, several in parallel. The parts of a refused batch are sent after the others. Resolves when
 * all have ended. After any other error no further batch is sent; the error is thrown when the running ones
 * have ended.
 */
export function sendBatches<T>(
	batches: readonly (readonly T[])[],
	limits: BatchLimits,
	work: BatchWork<T>,
): Promise<void> {
	const sendOne = async (batch: readonly T[]): Promise<readonly (readonly T[])[]> => {
		try {
			await work.send(batch);
			limits.accepted(batch.map(work.nameOf));
			return [];
		} catch (error) {
			const why = refusalOf(error);
			const [only] = batch;
			if (why === null || only === undefined) throw error;
			if (batch.length === 1) {
				work.refused(only, why);
				return [];
			}
			const again = inParts(batch, PARTS[why]);
			limits.refused(batch.map(work.nameOf), again[0]?.length ?? 1, why);
			return again;
		}
	};
	return inParallel(batches, sendOne, work.parallel);
}

function refusalOf(error: unknown): Refusal | null {
	if (!(error instanceof StoreError)) return null;
	return error.code === 'permission-denied' || error.code === 'too-large' ? error.code : null;
}

/**
 * Does the work for all items, at most `parallel` at the same time, and for those that `work` resolves to
 * besides. An error begins no further one and is thrown when those on their way have ended.
 */
export async function inParallel<T>(
	items: readonly T[],
	work: (item: T) => Promise<readonly T[]>,
	parallel = PARALLEL,
): Promise<void> {
	const queue = [...items];
	const running = new Set<Promise<void>>();
	const failures: unknown[] = [];
	const begin = (item: T): void => {
		const ended = work(item)
			.then(
				(more) => void queue.push(...more),
				(error: unknown) => void failures.push(error),
			)
			.finally(() => running.delete(ended));
		running.add(ended);
	};
	for (;;) {
		while (queue.length > 0 && running.size < parallel && failures.length === 0) {
			begin(queue.shift() as T);
		}
		if (running.size === 0) break;
		await Promise.race(running);
	}
	if (failures.length > 0) throw failures[0];
}
