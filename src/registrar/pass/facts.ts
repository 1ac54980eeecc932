/** What goes into a pass and what comes out of it. */
import type { Refusal } from '../../core/batches.js';
import type { Desired, LeaseId, RepairReason } from '../../core/registration.js';

/** What should stand under each key. */
export type Wanted = ReadonlyMap<string, Desired>;

/**
 * What a pass did or found out; reported as it happens, so that nothing is lost when the rest of the pass
 * fails.
 */
export type Fact =
	| { readonly fact: 'registered'; readonly key: string; readonly lease: LeaseId }
	| {
			readonly fact: 'repaired';
			readonly key: string;
			readonly reason: RepairReason;
			readonly lease: LeaseId;
	  }
	| { readonly fact: 'withdrawn'; readonly key: string }
	| { readonly fact: 'standing by'; readonly key: string; readonly lease: LeaseId }
	/** `isNews: false` = it stood by before. */
	| {
			readonly fact: 'conflict';
			readonly key: string;
			readonly lease: LeaseId;
			readonly isNews: boolean;
	  }
	| { readonly fact: 'denied'; readonly key: string; readonly why: Refusal }
	| { readonly fact: 'history changed' };
