/** What `list` and `watch` tell of a key. The names are those of `--json`. */
import type { CatalogEntry, EtcdCatalog } from '../../adapters/etcd/catalog.js';
import { leaseHex } from '../../core/lease-id.js';
import type { LeaseId } from '../../core/registration.js';
import type { LeaseTimeLeft } from '../../registrar/ports.js';

export interface Row {
	readonly key: string;
	/** Text, or base64 where `encoding` says so. */
	readonly value: string;
	readonly encoding?: 'base64';
	/** As decimal text, as in `/status`. `null` = none: the key stays until it is deleted. */
	readonly lease: LeaseId | null;
	/** As etcdctl writes it, and as tables show it. */
	readonly leaseHex: string | null;
	/** Until the lease ends unless it is renewed. `null` = without a lease. */
	readonly secondsLeft: number | null;
	/**
	 * Seconds since its holder's last sign of life: the lease was granted or renewed. etcd keeps no time for
	 * the key itself; `watch` counts from when it first saw the key, exactly for one that came while it ran.
	 * `null` = nothing is known.
	 */
	readonly age: number | null;
}

export interface FirstSeen {
	readonly seconds: number;
	/** It came while `watch` ran, so this is its age. */
	readonly fromBirth: boolean;
}

/** Each lease is read once. @throws StoreError */
export async function rowsOf(
	catalog: EtcdCatalog,
	entries: readonly CatalogEntry[],
	seen: (key: string) => FirstSeen | null = () => null,
): Promise<Row[]> {
	const leases = await catalog.leases(entries.flatMap(({ lease }) => lease ?? []));
	return entries.map((entry) => {
		const left = entry.lease === null ? null : (leases.get(entry.lease) ?? null);
		return {
			...entryOf(entry),
			lease: entry.lease,
			leaseHex: entry.lease === null ? null : leaseHex(entry.lease),
			secondsLeft: left?.remainingSeconds ?? null,
			age: ageOf(left, seen(entry.key)),
		};
	});
}

function entryOf({ key, value }: CatalogEntry): Pick<Row, 'key' | 'value' | 'encoding'> {
	try {
		return { key, value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value) };
	} catch {
		return { key, value: value.toString('base64'), encoding: 'base64' };
	}
}

function ageOf(left: LeaseTimeLeft | null, seen: FirstSeen | null): number | null {
	if (seen?.fromBirth) return seen.seconds;
	const sinceRenewal = left === null ? null : Math.max(0, left.grantedSeconds - left.remainingSeconds);
	return sinceRenewal === null || seen === null
		? (sinceRenewal ?? seen?.seconds ?? null)
		: Math.max(sinceRenewal, seen.seconds);
}
