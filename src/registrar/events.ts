/** What the registrar tells as it happens: typed events, and the hints that it counts. */
import type { LeaseId, RepairReason } from '../core/registration.js';
import type { KeptStatus } from './documents.js';

export interface RegistrarEvents {
	/** A key of ours was verified in etcd for the first time, or again after it was not wanted for a while. */
	registered: { readonly key: string; readonly lease: LeaseId };
	/** A key that had been right was found wrong and put right. */
	repaired: { readonly key: string; readonly reason: RepairReason; readonly lease: LeaseId };
	/** The check of a service fails, and it stays in, since too few of its instances would be left. */
	kept: KeptStatus;
	/** A key that we held was taken out of etcd because it is not wanted now. */
	withdrawn: { readonly key: string };
	/**
	 * Another process holds the key: told once each time we begin to stand by, and when policy `fail` ends the
	 * registrar.
	 */
	conflict: { readonly key: string; readonly lease: LeaseId; readonly fatal: boolean };
	/** The first failed pass after good ones. Not an exception: the registrar goes on trying for ever. */
	degraded: { readonly error: Error };
	/** The first good pass after failed ones. */
	recovered: { readonly downMs: number; readonly attempts: number };
	/** After this nothing more happens. `clean` = etcd confirmed that our keys and leases are gone. */
	stopped: { readonly clean: boolean };
}

export type RegistrarEvent = keyof RegistrarEvents;
const NAMES: Readonly<Record<RegistrarEvent, true>> = {
	...{ registered: true, repaired: true, kept: true, withdrawn: true, conflict: true },
	...{ degraded: true, recovered: true, stopped: true },
};
/** For callers without types. */
export const EVENTS: readonly string[] = Object.keys(NAMES);

/** What made a pass run early; the label values of `registrar_hints_total{hint}`. */
export const HINTS = ['watch', 'lease_lost', 'keepalive', 'reconnected', 'wake_up', 'change'] as const;
export type Hint = (typeof HINTS)[number];
