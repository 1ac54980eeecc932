/**
 * The decision of one pass about one key: what is wanted, against what etcd shows. Pure: no I/O, no clock, no
 * memory. It is the table of docs/design.md, "The decision", row by row.
 */
import type { ConflictPolicy, Desired, Observed, ObservedKey, RepairReason } from '../registration.js';

/** Whose lease a key hangs on, as we see it. */
export type Holder = 'our current lease' | 'an older lease of ours' | 'no lease' | 'a foreign lease';

/** Whether the other holder's lease is still renewed, as far as it was observed (see liveness.ts). */
export type Liveness = 'unknown' | 'alive' | 'expired';

export interface Standpoint {
	readonly holder: Holder;
	/**
	 * Whether this process had the key once, also if it does not want it now. The latest starter owns a key: a
	 * process that never had it may take it; one that had it was superseded when it finds another holder there.
	 */
	readonly hasOwned: boolean;
	readonly policy: ConflictPolicy;
	/** Of the foreign lease, where there is one. */
	readonly liveness: Liveness;
}

export type PutReason = RepairReason | 'older_lease';

export type Decision =
	/** The key is as wanted: ours and right, or not wanted and not ours. */
	| { readonly act: 'nothing' }
	/** Put the value under our current lease. */
	| { readonly act: 'put'; readonly reason: PutReason }
	/** Ours, and no longer wanted. */
	| { readonly act: 'delete' }
	/** Another's: touch nothing, observe its lease. */
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

function decideForeign({ liveness, hasOwned, policy }: Standpoint): Decision {
	if (liveness === 'expired') return put('foreign_lease');
	if (hasOwned) return { act: 'stand by' };
	switch (policy) {
		case 'take-over':
			return put('foreign_lease');
		case 'wait':
			return { act: 'stand by' };
		case 'fail':
			return { act: liveness === 'alive' ? 'give up' : 'stand by' };
	}
}
