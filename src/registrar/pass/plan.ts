/**
 * From what is wanted and what was observed to what one round does: `decide` for each key, and the choice of
 * the lease. Pure.
 */
import { decide, type Holder, type Liveness, type PutReason } from '../../core/decision/decide.js';
import type { ConflictPolicy, LeaseId, Observed } from '../../core/registration.js';
import type { Wanted } from './facts.js';
import type { KeyMemory } from './memory.js';

export type PlannedWrite =
	| {
			readonly op: 'put';
			readonly key: string;
			readonly value: string;
			readonly reason: PutReason;
			readonly ifModRevision: string;
	  }
	| { readonly op: 'delete'; readonly key: string; readonly ifModRevision: string };

export interface Plan {
	/** Absent keys first, then those to rewrite or move, then what goes. */
	readonly writes: readonly PlannedWrite[];
	/** Seen in etcd just as wanted. */
	readonly verified: readonly { readonly key: string; readonly value: string; readonly lease: LeaseId }[];
	readonly absentAsWanted: readonly string[];
	readonly standingBy: readonly { readonly key: string; readonly lease: LeaseId }[];
	/** Current leases that have most likely run out: not to be trusted with new keys. */
	readonly lost: readonly LeaseId[];
	readonly conflict: { readonly key: string; readonly lease: LeaseId } | null;
}

export interface PlanInput {
	readonly wanted: Wanted;
	readonly observed: ReadonlyMap<string, Observed>;
	readonly memory: { of(key: string): KeyMemory };
	readonly leases: { of(key: string): { readonly id: LeaseId } | null; isOurs(lease: LeaseId): boolean };
	readonly policy: ConflictPolicy;
	readonly liveness: (lease: LeaseId) => Liveness;
}

export function plan({ wanted, observed: all, memory, leases, policy, liveness }: PlanInput): Plan {
	const verified: { key: string; value: string; lease: LeaseId }[] = [];
	const absentAsWanted: string[] = [];
	const standingBy: { key: string; lease: LeaseId }[] = [];
	const absent: PlannedWrite[] = [];
	const rewrites: PlannedWrite[] = [];
	const deletes: PlannedWrite[] = [];
	const lost = new Set<LeaseId>();
	const holding = new Set<LeaseId>();
	let conflict: Plan['conflict'] = null;

	for (const [key, observed] of all) {
		const desired = wanted.get(key) ?? null;
		const { hasOwned, verified: before, state } = memory.of(key);
		const current = leases.of(key)?.id ?? null;
		const lease = observed?.lease ?? null;
		if (lease !== null) holding.add(lease);
		const decision = decide(desired, observed, {
			holder: holderOf(lease, current, (id) => leases.isOurs(id)),
			hasOwned,
			policy,
			liveness: lease === null ? 'unknown' : liveness(lease),
		});
		switch (decision.act) {
			case 'nothing':
				if (desired === null) absentAsWanted.push(key);
				else verified.push({ key, value: desired, lease: current ?? '0' });
				break;
			case 'put': {
				const put = { op: 'put', key, value: desired ?? '', reason: decision.reason } as const;
				if (observed === null) {
					// It was verified under a lease and is gone: the lease may have run out with it.
					const wasHeld = before?.under === current && state.is !== 'standing-by';
					if (current !== null && wasHeld) lost.add(current);
					absent.push({ ...put, ifModRevision: '0' });
				} else rewrites.push({ ...put, ifModRevision: observed.modRevision });
				break;
			}
			case 'delete':
				deletes.push({ op: 'delete', key, ifModRevision: observed?.modRevision ?? '0' });
				break;
			case 'stand by':
				if (lease !== null) standingBy.push({ key, lease });
				break;
			case 'give up':
				if (lease !== null) conflict = { key, lease };
				break;
		}
	}
	return {
		writes: [...absent, ...rewrites, ...deletes],
		verified,
		absentAsWanted,
		standingBy,
		lost: [...lost].filter((lease) => !holding.has(lease) && !holdsUnobserved(lease)),
		conflict,
	};

	/**
	 * Whether a key that was not observed now hangs on it as far as is known, so that the lease may well be
	 * alive.
	 */
	function holdsUnobserved(lease: LeaseId): boolean {
		for (const key of wanted.keys())
			if (!all.has(key) && memory.of(key).verified?.under === lease) return true;
		return false;
	}
}

function holderOf(
	lease: LeaseId | null,
	current: LeaseId | null,
	isOurs: (lease: LeaseId) => boolean,
): Holder {
	if (lease === null) return 'no lease';
	if (lease === current) return 'our current lease';
	return isOurs(lease) ? 'an older lease of ours' : 'a foreign lease';
}
