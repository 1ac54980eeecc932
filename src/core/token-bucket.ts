/** A limit on hints: ten at once, then two a second, so that no flood of events becomes a flood of reads. */

const BURST = 10;
const MS_PER_TOKEN = 500;

/**
 * An immutable bucket, told by the moment at which it is full again. One number says all: tokens are counted
 * by time alone, so nothing has to refill it.
 */
export interface TokenBucket {
	readonly fullAtMs: number;
}

export const FULL_BUCKET: TokenBucket = { fullAtMs: Number.NEGATIVE_INFINITY };

/**
 * `waitMs` 0 = a token was taken; else none was, and one will be there after so long (whole milliseconds):
 * take again then. `nowMs` is monotonic time from any origin.
 */
export function take(
	bucket: TokenBucket,
	nowMs: number,
): { readonly bucket: TokenBucket; readonly waitMs: number } {
	const fullAtMs = Math.max(bucket.fullAtMs, nowMs) + MS_PER_TOKEN;
	const waitMs = Math.ceil(fullAtMs - nowMs - BURST * MS_PER_TOKEN);
	return waitMs > 0 ? { bucket, waitMs } : { bucket: { fullAtMs }, waitMs: 0 };
}
