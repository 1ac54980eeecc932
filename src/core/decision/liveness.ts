/**
 * Is a foreign lease still kept alive? Two looks tell. Pure: the looks come in with their monotonic times.
 *
 * etcd tells what remains in whole seconds, truncated (a lease of 3 s that is renewed each second always reads 2), so
 * neighbouring looks do not tell: the first look is kept and its end compared with the end seen now.
 */
import type { Verdict } from './decide.js';

/** One look at a lease; `remainingSeconds: null` = it is gone. */
export interface Look {
	/** Monotonic milliseconds at which it was asked for. */
	readonly askedMs: number;
	/** Monotonic milliseconds at which the answer came. */
	readonly atMs: number;
	readonly remainingSeconds: number | null;
	readonly grantedSeconds: number;
}

/** An end that moved by less may be rounding. */
const ROUNDING_MS = 1_000;

export function judge(first: Look, now: Look): Verdict {
	if (now.remainingSeconds === null) return 'dead';
	if (now.remainingSeconds + 1 <= now.grantedSeconds / 3) return 'dead';
	// Truncated towards zero: a lease that is over, and that etcd has not taken away yet, reads 0 too. That is no sign of life.
	if (now.remainingSeconds === 0) return 'unknown';
	if (first.remainingSeconds === null) return 'renewed';
	// etcd looked at some moment between question and answer. Taken so, a slow answer can hide a renewal, but never feign one.
	const moved = endOf(now.askedMs, now.remainingSeconds) - endOf(first.atMs, first.remainingSeconds);
	return moved > ROUNDING_MS ? 'renewed' : 'unknown';
}

/** A standing-by process looks each third of the lease's own TTL. */
export const lookEveryMs = (grantedSeconds: number): number => Math.max(1_000, (grantedSeconds * 1_000) / 3);

const endOf = (atMs: number, remainingSeconds: number): number => atMs + remainingSeconds * 1_000;
