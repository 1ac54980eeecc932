/**
 * Is another holder's lease still renewed? Two observations tell. Pure: they come in with their monotonic
 * times.
 *
 * etcd tells what remains in whole seconds, truncated (a lease of 3 s that is renewed each second always
 * reads 2), so neighbouring observations do not tell: the first one is kept and its end compared with the end
 * seen now.
 */
import type { Liveness } from './decide.js';

/** One observation of a lease; `remainingSeconds: null` = it is gone. */
export interface LeaseObservation {
	/** Monotonic milliseconds at which it was asked for. */
	readonly askedMs: number;
	/** Monotonic milliseconds at which the answer came. */
	readonly atMs: number;
	readonly remainingSeconds: number | null;
	readonly grantedSeconds: number;
	/** The raft term of the answer, `''` where the lease is gone. */
	readonly term: string;
}

/** An end that moved by less may be rounding. */
const ROUNDING_MS = 1_000;

export function livenessOf(first: LeaseObservation, now: LeaseObservation): Liveness {
	if (now.remainingSeconds === null) return 'expired';
	if (now.remainingSeconds + 1 <= now.grantedSeconds / 3) return 'expired';
	// Truncated towards zero: a lease that is over, and that etcd has not taken away yet, reads 0 too. That is
	// no sign of life.
	if (now.remainingSeconds === 0 || first.remainingSeconds === null) return 'unknown';
	// A restart or a new leader gives every lease its full TTL once more: across terms an end that moved proves
	// nothing.
	if (now.term !== first.term) return 'unknown';
	// etcd answered at some moment between question and answer. Taken so, a slow answer can hide a renewal, but
	// never feign one.
	const moved = endOf(now.askedMs, now.remainingSeconds) - endOf(first.atMs, first.remainingSeconds);
	return moved > ROUNDING_MS ? 'alive' : 'unknown';
}

/** The observation to compare the next ones with: the first one of its raft term. */
export function firstOf(first: LeaseObservation | undefined, now: LeaseObservation): LeaseObservation {
	return first === undefined || first.remainingSeconds === null || first.term !== now.term ? now : first;
}

/** A process that stands by observes the lease each third of the lease's own TTL. */
export const observeEveryMs = (grantedSeconds: number): number =>
	Math.max(1_000, (grantedSeconds * 1_000) / 3);

const endOf = (atMs: number, remainingSeconds: number): number => atMs + remainingSeconds * 1_000;
