/**
 * The decision of one pass about one key: what is wanted, against what etcd shows. Pure: no I/O, no clock, no memory.
 * It is the table of the README's "what it finds, what it does", row by row.
 */
import type { ConflictPolicy, Desired, Observed, ObservedKey, RepairReason } from '../registration.js';

/** Whose lease a key hangs on, as we see it. */
export type Holder = 'our current lease' | 'an older lease of ours' | 'no lease' | 'a foreign lease';

/** What two looks at a foreign lease told (see rival.ts). */
export type Verdict = 'unknown' | 'renewed' | 'dead';

/**
 * `claiming` until a pass that wanted the key has had it; `held` from then on, also while it is not wanted. The latest
 * starter owns the key: who is still claiming may take it, who held it once has been superseded when it finds another there.
 */
export type Tenure = 'claiming' | 'held';

export interface Standpoint {
	readonly holder: Holder;
	readonly tenure: Tenure;
	readonly policy: ConflictPolicy;
	/** Of the foreign lease, where there is one. */
	readonly verdict: Verdict;
}

export type PutReason = RepairReason | 'older_lease';

export type Decision =
	/** The key is as wanted: ours and right, or not wanted and not ours. */
	| { readonly act: 'nothing' }
	/** Put the value under our current lease. */
	| { readonly act: 'put'; readonly reason: PutReason }
	/** Ours, and no longer wanted. */
	| { readonly act: 'delete' }
	/** Another's: touch nothing, look after its lease. */
	| { readonly act: 'stand by' }
	/** Another live process holds what policy `fail` says must be ours. */
	| { readonly act: 'give up' };

const nothing: Decision = { act: 'nothing' };
const put = (reason: PutReason): Decision => ({ act: 'put', reason });

export function decide(desired: Desired, observed: Observed, standpoint: Standpoint): Decision {
	if (observed === null) return desired === null ? nothing : put('absent');
	return desired === null ? decideUnwanted(standpoint.holder) : decideWanted(desired, observed, standpoint);
}

/** Only what is ours is removed; a key on no lease or on another's was not put there by us. */
function decideUnwanted(holder: Holder): Decision {
	switch (holder) {
		case 'our current lease':
		case 'an older lease of ours':
			return { act: 'delete' };
		case 'no lease':
		case 'a foreign lease':
			return nothing;
	}
}

function decideWanted(value: string, observed: ObservedKey, standpoint: Standpoint): Decision {
	const same = observed.value === value;
	switch (standpoint.holder) {
		case 'our current lease':
			return same ? nothing : put('value_drift');
		case 'an older lease of ours':
			return put(same ? 'older_lease' : 'value_drift');
		case 'no lease':
			return put('no_lease');
		case 'a foreign lease':
			return decideForeign(standpoint);
	}
}

function decideForeign({ verdict, tenure, policy }: Standpoint): Decision {
	if (verdict === 'dead') return put('foreign_lease');
	if (tenure === 'held') return { act: 'stand by' };
	switch (policy) {
		case 'take-over':
			return put('foreign_lease');
		case 'wait':
			return { act: 'stand by' };
		case 'fail':
			return { act: verdict === 'renewed' ? 'give up' : 'stand by' };
	}
}
