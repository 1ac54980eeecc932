/** What discovery tells: typed events and the status. */
import type { FormatName, Instance } from '../core/formats/index.js';
import type { Difference } from './view.js';

export interface DiscoveryEvents {
	/** The instances are others than before: those of now, and what makes the difference. */
	changed: Changed;
	/** etcd does not answer, or what it says is not believed yet: the last known instances stay. Told once. */
	stale: { readonly error: Error };
	/** An answer of etcd counts again. Told once after each `stale`. */
	fresh: { readonly instances: readonly Instance[] };
}
export type DiscoveryEvent = keyof DiscoveryEvents;

export interface Changed extends Difference {
	readonly instances: readonly Instance[];
}

export interface DiscoveryStatus {
	/**
	 * `waiting`: etcd has not answered yet; `fresh`: the instances are those of the last read; `stale`: the
	 * last read failed, is overdue, or is not believed yet.
	 */
	readonly state: 'waiting' | 'fresh' | 'stale' | 'closed';
	readonly name: string;
	readonly format: FormatName;
	/** Where in etcd the instances stand. */
	readonly prefix: string;
	readonly instances: number;
	/** Keys below the prefix whose value is no instance. */
	readonly leftOut: number;
	/** When the read ended whose answer the instances are; `null` = none yet. */
	readonly asOf: Date | null;
	/** Of the last read that failed, or why an answer is not believed; `null` = all is well. */
	readonly lastError: string | null;
	/** The endpoint in use, as configured; `null` = none answers. */
	readonly endpoint: string | null;
	readonly reads: { readonly ok: number; readonly failed: number };
}

/** Discovery was closed while somebody waited for it. */
export class ClosedError extends Error {
	override readonly name = 'ClosedError';
	readonly code = 'closed';
	constructor() {
		super('discovery was closed');
	}
}
