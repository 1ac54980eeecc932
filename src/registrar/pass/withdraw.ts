/**
 * The way out: every lease of this process is revoked, all at once, which deletes exactly the keys on them
 * and nobody else's. Only where a revocation is refused the keys are deleted by guarded transactions. A few
 * round trips, however many keys there are.
 */

import { StoreError } from '../../core/errors.js';
import { fullJitter } from '../../core/pace.js';
import type { LeaseId } from '../../core/registration.js';
import { withDeadline } from '../deadline.js';
import type { Clock, Store } from '../ports.js';
import type { Fact, Wanted } from './facts.js';
import type { Leases } from './leases.js';
import type { Pass } from './pass.js';

export interface WithdrawOptions {
	readonly store: Store;
	readonly pass: Pass;
	readonly leases: Leases;
	readonly wanted: Wanted;
	readonly clock: Clock;
	readonly random: () => number;
	readonly report: (fact: Fact) => void;
	/** Monotonic milliseconds at which to give up: the leases then run out by themselves. */
	readonly untilMs: number;
}

/** `true` = etcd confirmed that no key of this process is left. */
export async function withdrawAll(options: WithdrawOptions): Promise<boolean> {
	const { leases, clock, untilMs } = options;
	for (let attempt = 0; leases.alive.length > 0; attempt += 1) {
		const leftMs = untilMs - clock.now();
		if (leftMs <= 0) return false;
		const isOver = await withDeadline(leftMs, (signal) => withdrawOnce(options, signal)).catch(() => false);
		if (isOver) break;
		const waitMs = Math.min(fullJitter(attempt, 500, options.random), untilMs - clock.now());
		await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
	}
	return leases.alive.length === 0;
}

/** `true` = there is nothing more to try. */
async function withdrawOnce(options: WithdrawOptions, signal: AbortSignal): Promise<boolean> {
	const { store, leases, wanted, pass } = options;
	const refused = new Set<LeaseId>();
	let hasFailed = false;
	const revoking = leases.alive.map(async (lease) => {
		try {
			await leases.revoke(lease, signal);
			reportWithdrawn(options, lease);
		} catch (error) {
			if (error instanceof StoreError && error.code === 'permission-denied') refused.add(lease);
			else hasFailed = true;
		}
	});
	await Promise.all(revoking);
	if (hasFailed) {
		// Only a read finds another connection. One that is refused tells that etcd is there: revoking needs no
		// permission on a key.
		if (pass.anyKey !== null) await store.read([pass.anyKey], signal).catch(() => undefined);
		return false;
	}
	if (refused.size === 0) return true;
	const left = [...wanted.keys()].filter((key) => refused.has(pass.memory.of(key).verified?.under ?? ''));
	const nothing: Wanted = new Map(left.map((key) => [key, null]));
	await pass.run(() => nothing, { retryRefused: true, signal });
	return true;
}

function reportWithdrawn({ pass, wanted, report }: WithdrawOptions, lease: LeaseId): void {
	for (const key of wanted.keys()) {
		if (pass.memory.of(key).verified?.under !== lease) continue;
		pass.memory.withdrawn(key);
		report({ fact: 'withdrawn', key });
	}
}
