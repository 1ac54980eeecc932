/** From what is wanted and what was seen to what one round does: `decide` for each key, and the choice of the lease. Pure. */
import { decide, type Holder, type PutReason, type Verdict } from '../../core/decision/decide.js';
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
	readonly verified: readonly string[];
	readonly absentAsWanted: readonly string[];
	readonly standingBy: readonly { readonly key: string; readonly lease: LeaseId }[];
	/** Leases of ours other than the current one, under which a key was seen. */
	readonly revived: readonly LeaseId[];
	/** The current lease is not to be trusted with new keys: take another. */
	readonly freshLease: boolean;
	readonly conflict: { readonly key: string; readonly lease: LeaseId } | null;
}

export interface PlanInput {
	readonly wanted: Wanted;
	readonly look: ReadonlyMap<string, Observed>;
	readonly memory: { of(key: string): KeyMemory };
	readonly leases: { readonly current: { readonly id: LeaseId } | null; isOurs(lease: LeaseId): boolean };
	readonly policy: ConflictPolicy;
	readonly verdict: (lease: LeaseId) => Verdict;
}

export function plan(input: PlanInput): Plan {
	const { wanted, look, memory, leases, policy } = input;
	const current = leases.current?.id ?? null;
	const verified: string[] = [];
	const absentAsWanted: string[] = [];
	const standingBy: { key: string; lease: LeaseId }[] = [];
	const revived = new Set<LeaseId>();
	const absent: PlannedWrite[] = [];
	const moves: PlannedWrite[] = [];
	const deletes: PlannedWrite[] = [];
	let conflict: Plan['conflict'] = null;
	let lostOne = false;
	let holdsOne = false;

	for (const [key, observed] of look) {
		const desired = wanted.get(key) ?? null;
		const known = memory.of(key);
		const lease = observed?.lease ?? null;
		const holder = holderOf(lease, current, (id) => leases.isOurs(id));
		if (holder === 'an older lease of ours' && lease !== null) revived.add(lease);
		if (lease !== null && lease === current) holdsOne = true;
		const decision = decide(desired, observed, {
			holder,
			tenure: known.tenure,
			policy,
			verdict: lease === null ? 'unknown' : input.verdict(lease),
		});
		switch (decision.act) {
			case 'nothing':
				(desired === null ? absentAsWanted : verified).push(key);
				break;
			case 'put': {
				if (observed === null && current !== null && known.under === current) lostOne = true;
				const write = {
					op: 'put',
					key,
					value: desired ?? '',
					reason: decision.reason,
					ifModRevision: observed?.modRevision ?? '0',
				} as const;
				(observed === null ? absent : moves).push(write);
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
		writes: [...absent, ...moves, ...deletes],
		verified,
		absentAsWanted,
		standingBy,
		revived: [...revived],
		// A key verified under our lease is gone and nothing else hangs on it: the lease has most likely run out with it.
		freshLease: lostOne && !holdsOne,
		conflict,
	};
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
