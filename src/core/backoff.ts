/**
 * How long to wait, as values: no timer, no clock, no random source of its own. A small fleet is back at
 * once; a large one does not trample an etcd that is just getting up.
 */

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
 * Where in the interval an instance beats: whole milliseconds in 1..intervalMs, the same for the same
 * identity at every start, evenly spread over identities. A fleet started by one event thereby never beats as
 * one.
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
