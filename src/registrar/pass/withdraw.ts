/** The way out: our keys go, guarded, then every lease of ours that is not known to be gone. */
import { fullJitter } from '../../core/backoff.js';
import { StoreError, type StoreErrorCode } from '../../core/errors.js';
import { withDeadline } from '../deadline.js';
import type { Clock } from '../ports.js';
import type { Wanted } from './facts.js';
import type { Leases } from './leases.js';
import type { Reconciler } from './pass.js';

export interface WithdrawOptions {
	readonly reconciler: Reconciler;
	readonly leases: Leases;
	readonly wanted: Wanted;
	readonly clock: Clock;
	readonly random: () => number;
	/** Monotonic milliseconds at which to give up: the lease then runs out by itself. */
	readonly untilMs: number;
}

/** `true` = etcd confirmed that nothing of ours is left. Deletion is a state to reconcile towards, not another code path. */
export async function withdrawAll(options: WithdrawOptions): Promise<boolean> {
	const { leases, clock, untilMs } = options;
	for (let attempt = 0; leases.alive.length > 0; attempt += 1) {
		const leftMs = untilMs - clock.now();
		if (leftMs <= 0) return false;
		if (await withDeadline(leftMs, (signal) => withdrawOnce(options, signal)).catch(() => false)) break;
		const waitMs = Math.min(fullJitter(attempt, 500, options.random), untilMs - clock.now());
		await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
	}
	return leases.alive.length === 0;
}

/** `true` = there is nothing more to try. */
async function withdrawOnce(
	{ reconciler, leases, wanted }: WithdrawOptions,
	signal: AbortSignal,
): Promise<boolean> {
	const nothing: Wanted = new Map([...wanted.keys()].map((key) => [key, null]));
	try {
		await reconciler.pass(() => nothing, { retryDenied: true, signal });
	} catch (error) {
		// etcd is there, but does not let us look (it wants a password, say): the leases take our keys with them.
		if (!(error instanceof StoreError && REFUSED.has(error.code))) throw error;
	}
	let denied = false;
	for (const lease of leases.alive) {
		try {
			await leases.revoke(lease, signal);
		} catch (error) {
			if (!(error instanceof StoreError) || error.code !== 'permission-denied') throw error;
			denied = true;
		}
	}
	return denied || leases.alive.length === 0;
}

const REFUSED: ReadonlySet<StoreErrorCode> = new Set([
	'token-rejected',
	'authentication-failed',
	'permission-denied',
	'exhausted',
]);
