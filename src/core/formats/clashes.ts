import type { Service } from '../registration.js';
import { FORMATS, type Format, type FormatName } from './index.js';

export interface Claim {
	/** How people call it, for the message. */
	readonly label: string;
	readonly service: Service;
	readonly format: FormatName;
	readonly namespace: string | undefined;
}

/**
 * Of a fleet, one stands for all: services of one name, format and namespace look alike to whoever reads
 * them.
 */
interface Fleet {
	readonly id: string;
	readonly claim: Claim;
	readonly reads: string;
	readonly filtersByName: boolean;
}

/** Where a claim's key stands and whose readers would see it (see places.ts). */
export interface Place {
	readonly key: string;
	readonly reads: string;
	/** Instances of one service, format and namespace have one. */
	readonly fleet: string;
	/** The format, where its readers filter by name: its fleets never clash but by one and the same key. */
	readonly filter: FormatName | null;
}

export function placeOf({ service, format, namespace }: Claim): Place {
	const { key, readsPrefix, filtersByName }: Format = FORMATS[format];
	return {
		key: key(service, namespace),
		reads: readsPrefix(service, namespace),
		fleet: JSON.stringify([format, namespace, service.name]),
		filter: filtersByName === true ? format : null,
	};
}

/**
 * Names each two that render one key, and each two of which one's readers would take the other's key for an
 * instance of theirs. Two instances of one service in one format are a fleet, not a clash. Takes time in
 * proportion to the text of the keys.
 */
export function clashes(claims: readonly Claim[]): string[] {
	const found: string[] = [];
	const told = new Set<string>();
	const first = new Map<string, Placed>();
	const fleets = new Map<string, Fleet>();
	const readers = new Map<string, Fleet[]>();
	for (const claim of claims) {
		const placed = place(claim, fleets, readers);
		const other = first.get(placed.key);
		if (other === undefined) first.set(placed.key, placed);
		else {
			found.push(
				`${other.label} and ${claim.label} have one key, ${placed.key}: give one of them another name, address, id, namespace or format`,
			);
			told.add(pairOf(other.fleet, placed.fleet));
		}
	}
	for (const { key, label, fleet } of first.values()) {
		for (const reader of readersOf(key, readers)) {
			const pair = pairOf(reader, fleet);
			if (told.has(pair) || tellsApart(reader, fleet)) continue;
			told.add(pair);
			found.push(belowMessage(label, key, reader));
		}
	}
	return found;
}

interface Placed {
	readonly key: string;
	readonly label: string;
	readonly fleet: Fleet;
}

function place(claim: Claim, fleets: Map<string, Fleet>, readers: Map<string, Fleet[]>): Placed {
	const { key, reads, fleet: id, filter } = placeOf(claim);
	let fleet = fleets.get(id);
	if (fleet === undefined) {
		fleet = { id, claim, reads, filtersByName: filter !== null };
		fleets.set(id, fleet);
		readers.set(fleet.reads, [...(readers.get(fleet.reads) ?? []), fleet]);
	}
	return { key, label: claim.label, fleet };
}

function pairOf(one: Fleet, other: Fleet): string {
	return [one.id, other.id].sort().join();
}

/**
 * Every reader whose prefix the key begins with; a prefix may end at any character (kratos' has no slash at
 * its end).
 */
function* readersOf(key: string, readers: ReadonlyMap<string, readonly Fleet[]>): Iterable<Fleet> {
	for (let end = 1; end <= key.length; end += 1) yield* readers.get(key.slice(0, end)) ?? [];
}

function tellsApart(reader: Fleet, read: Fleet): boolean {
	const sameFormat = reader.claim.format === read.claim.format;
	return (
		reader.id === read.id ||
		(sameFormat && (reader.filtersByName || reader.claim.service.name === read.claim.service.name))
	);
}

function belowMessage(label: string, key: string, reader: Fleet): string {
	return `${label} has its key ${key} below ${reader.reads}, all of which readers of ${reader.claim.label} take for theirs: give one of them another name or namespace`;
}
