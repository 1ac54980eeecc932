/** What `list` and `watch` tell of a key. The names are those of `--json`. */
import type { CatalogEntry, EtcdCatalog } from '../../adapters/etcd/catalog.js';
import { leaseHex } from '../../core/lease-id.js';
import type { LeaseId } from '../../core/registration.js';
import type { LeaseLook } from '../../registrar/ports.js';

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
	 * the key itself; `watch` counts from when it first saw the key, exactly for one that came while it looked.
	 * `null` = nothing is known.
	 */
	readonly age: number | null;
}

export interface Sighting {
	readonly seconds: number;
	/** It came while we looked: nobody can have seen it before. */
	readonly fromBirth: boolean;
}

/** Each lease is looked at once. @throws StoreError */
export async function rowsOf(
	catalog: EtcdCatalog,
	entries: readonly CatalogEntry[],
	seen: (key: string) => Sighting | null = () => null,
): Promise<Row[]> {
	const looks = await catalog.leases(entries.flatMap(({ lease }) => lease ?? []));
	return entries.map((entry) => {
		const look = entry.lease === null ? null : (looks.get(entry.lease) ?? null);
		return {
			...entryOf(entry),
			lease: entry.lease,
			leaseHex: entry.lease === null ? null : leaseHex(entry.lease),
			secondsLeft: look?.remainingSeconds ?? null,
			age: ageOf(look, seen(entry.key)),
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

function ageOf(look: LeaseLook | null, seen: Sighting | null): number | null {
	if (seen?.fromBirth) return seen.seconds;
	const sinceRenewal = look === null ? null : Math.max(0, look.grantedSeconds - look.remainingSeconds);
	return sinceRenewal === null || seen === null
		? (sinceRenewal ?? seen?.seconds ?? null)
		: Math.max(sinceRenewal, seen.seconds);
}
