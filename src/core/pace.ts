/**
 * How long to wait, as values: no timer, no clock, no random source of its own. Retries and hints are spread
 * by the size of the fleet, hints are limited by a token bucket, and each instance keeps its own phase.
 */

/** Monotonic time, for every duration. */
export interface Clock {
	/** Milliseconds since an arbitrary moment; never goes back. */
	now(): number;
}

/** So much before its moment a tick counts as on time: timers and clocks round by a millisecond or two. */
const EARLY_MS = 50;
const BURST = 10;
const MS_PER_TOKEN = 500;
const FIRST_RETRY_MS = 100;
const RETRY_CAP_MS = 1000;
const HINT_SPREAD_MS = 100;
const COUNT_AT_LEAST_EVERY_MS = 10 * 60 * 1000;
const COUNT_MS_PER_KEY = 100;
/** Up to this many keys a fleet counts as small. */
const SMALL_FLEET = 128;

/** A source of numbers in [0, 1), such as `Math.random`. */
export type Random = () => number;

/**
 * Milliseconds to wait before retry number `attempt` (0 = the first): random in [0, min(cap, 100 ms doubled
 * each time)). All of the wait is random, because whoever failed at the same moment would otherwise come back
 * at the same moment.
 */
export function fullJitter(attempt: number, capMs: number, random: Random): number {
	return random() * Math.min(capMs, FIRST_RETRY_MS * 2 ** attempt);
}

/**
 * By how much a fleet of `n` keys spreads its load: 1 up to 128, one more for each doubling begun above. The
 * formula is that of Consul's anti-entropy (`agent/ae`): etcd is given time in proportion to the logarithm of
 * the fleet.
 */
export function scale(n: number): number {
	return n <= SMALL_FLEET ? 1 : Math.ceil(Math.log2(n) - Math.log2(SMALL_FLEET)) + 1;
}

/**
 * The longest wait between retries: never above the interval, so that a failing pass is not tried less often
 * than a good one.
 */
export function retryCap(intervalMs: number, n: number): number {
	return Math.min(intervalMs, RETRY_CAP_MS * scale(n));
}

/**
 * Milliseconds by which a hint waits: none in a small fleet; in a large one a random part, since one event
 * reaches all of it.
 */
export function hintSpread(n: number, random: Random): number {
	return random() * HINT_SPREAD_MS * (scale(n) - 1);
}

/**
 * Milliseconds between two counts of the fleet. It grows with the fleet, because so does what a count costs
 * etcd.
 */
export function countEvery(n: number): number {
	return Math.max(COUNT_AT_LEAST_EVERY_MS, n * COUNT_MS_PER_KEY);
}

/**
 * A limit on hints, so that no flood of events becomes a flood of reads: ten at once, then two a second. The
 * bucket is immutable, told by the moment at which it is full again: tokens are counted by time
 * alone, so nothing has to refill it.
 */
export interface TokenBucket {
	readonly fullAtMs: number;
}

export const FULL_BUCKET: TokenBucket = { fullAtMs: Number.NEGATIVE_INFINITY };

/**
 * `waitMs` 0 = a token was taken; else none was, and one will be there after so long (whole milliseconds):
 * take again then. `nowMs` is monotonic time from any origin.
 */
export function takeToken(
	bucket: TokenBucket,
	nowMs: number,
): { readonly bucket: TokenBucket; readonly waitMs: number } {
	const fullAtMs = Math.max(bucket.fullAtMs, nowMs) + MS_PER_TOKEN;
	const waitMs = Math.ceil(fullAtMs - nowMs - BURST * MS_PER_TOKEN);
	return waitMs > 0 ? { bucket, waitMs } : { bucket: { fullAtMs }, waitMs: 0 };
}

/**
 * Milliseconds from now to the next tick. Ticks lie at `anchorMs` plus whole intervals and nowhere else, so a
 * late tick shifts none of those after it and an instance keeps its own phase for ever.
 *
 * After a stall the next place may lie right ahead. A tick there would follow the late one at once, and
 * leaving it out would make a gap longer than the interval; so the way back is made in two steps of equal
 * length. The result is between half an interval and an interval (plus 50 ms at most, when a tick was early).
 */
export function untilNextTick(nowMs: number, anchorMs: number, intervalMs: number): number {
	const sinceAnchor = (nowMs - anchorMs) % intervalMs;
	const past = sinceAnchor < 0 ? sinceAnchor + intervalMs : sinceAnchor;
	const ahead = intervalMs - past;
	if (ahead <= Math.min(EARLY_MS, intervalMs / 4)) return ahead + intervalMs;
	return ahead >= intervalMs / 2 ? ahead : (ahead + intervalMs) / 2;
}

/**
 * Where in the interval an instance's passes lie: whole milliseconds in 1..intervalMs, the same for the same
 * identity at every start, evenly spread over identities. So a fleet that one event started does not read in
 * the same moment.
 */
export function phase(identity: string, intervalMs: number): number {
	return 1 + Math.floor((hash32(identity) / 2 ** 32) * intervalMs);
}

/**
 * FNV-1a over the UTF-16 units, then the finalizer of MurmurHash3: names that differ in one last digit land
 * far apart.
 */
function hash32(text: string): number {
	let hash = 0x811c9dc5;
	for (let index = 0; index < text.length; index++) {
		const unit = text.charCodeAt(index);
		hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
		hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
	}
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}
