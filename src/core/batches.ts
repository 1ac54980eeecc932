/** Cuts work to what one transaction may carry. Pure. */

/** etcd's `max-txn-ops` is 128 and counts compares and operations each; grpc-js takes answers of 4 MiB, etcd requests of 1.5 MiB. */
export const MAX_OPERATIONS = 100;
export const MAX_BYTES = 512 * 1024;

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

export function halves<T>(items: readonly T[]): [T[], T[]] {
	const middle = Math.ceil(items.length / 2);
	return [items.slice(0, middle), items.slice(middle)];
}
