/**
 * Which services of a set may clash with one more, found without comparing it with each of them. Finding,
 * adding and removing take time in proportion to the text of the keys and to the logarithm of the number of
 * fleets, never to the number of services.
 */
import { MultiMap } from '../multi-map.js';
import type { Place } from './clashes.js';

/** Services of one name, format and namespace: they never clash but by one and the same key. */
interface Fleet<Owner> {
	readonly place: Place;
	readonly owners: Set<Owner>;
}

export class Places<Owner> {
	readonly #byKey = new MultiMap<string, Owner>();
	readonly #fleets = new Map<string, Fleet<Owner>>();
	readonly #byPrefix = new MultiMap<string, Fleet<Owner>>();
	/** How many of the prefixes below have this length. */
	readonly #lengths = new Map<number, number>();
	/**
	 * The prefixes that readers read, sorted; apart for each format whose readers filter by name, since these
	 * are passed over together.
	 */
	readonly #sorted = new Map<string | null, string[]>();

	add(owner: Owner, places: readonly Place[]): void {
		for (const place of places) {
			this.#byKey.add(place.key, owner);
			let fleet = this.#fleets.get(place.fleet);
			if (fleet === undefined) {
				fleet = { place, owners: new Set() };
				this.#fleets.set(place.fleet, fleet);
				this.#byPrefix.add(place.reads, fleet);
				this.#sort(place);
			}
			fleet.owners.add(owner);
		}
	}

	/** With the places it was added with. */
	delete(owner: Owner, places: readonly Place[]): void {
		for (const place of places) {
			this.#byKey.delete(place.key, owner);
			const fleet = this.#fleets.get(place.fleet);
			fleet?.owners.delete(owner);
			if (fleet === undefined || fleet.owners.size > 0) continue;
			this.#fleets.delete(place.fleet);
			this.#byPrefix.delete(place.reads, fleet);
			this.#sort(place);
		}
	}

	/**
	 * Of all that {@link clashes} would name beside these places: every one with the same key, and one of each
	 * fleet.
	 */
	near(places: readonly Place[], except: ReadonlySet<Owner> = new Set()): Set<Owner> {
		const found = new Set<Owner>();
		for (const place of places) {
			for (const owner of this.#byKey.of(place.key)) if (!except.has(owner)) found.add(owner);
			const one = (fleet: Fleet<Owner>): void => {
				if (fleet.place.fleet === place.fleet) return;
				const other = first(fleet.owners, (owner) => !except.has(owner));
				if (other !== undefined) found.add(other);
			};
			for (const fleet of this.#readersOf(place)) one(fleet);
			for (const fleet of this.#readBy(place)) one(fleet);
		}
		return found;
	}

	/**
	 * A prefix may end at any character (that of kratos has no slash at its end), but only few lengths occur.
	 */
	*#readersOf({ key }: Place): Iterable<Fleet<Owner>> {
		for (const length of this.#lengths.keys())
			if (length <= key.length) yield* this.#byPrefix.of(key.slice(0, length));
	}

	*#readBy({ reads, filter }: Place): Iterable<Fleet<Owner>> {
		for (const [group, prefixes] of this.#sorted) {
			if (group !== null && group === filter) continue;
			for (let at = lowerBound(prefixes, reads); prefixes[at]?.startsWith(reads); at += 1)
				yield* this.#byPrefix.of(prefixes[at] ?? '');
		}
	}

	/** Brings the sorted prefixes in line with the fleets. */
	#sort({ reads, filter }: Place): void {
		const prefixes = this.#sorted.get(filter) ?? [];
		this.#sorted.set(filter, prefixes);
		const at = lowerBound(prefixes, reads);
		const isSorted = prefixes[at] === reads;
		const isRead = first(this.#byPrefix.of(reads), ({ place }) => place.filter === filter) !== undefined;
		if (isRead === isSorted) return;
		if (isRead) prefixes.splice(at, 0, reads);
		else prefixes.splice(at, 1);
		const count = (this.#lengths.get(reads.length) ?? 0) + (isRead ? 1 : -1);
		if (count > 0) this.#lengths.set(reads.length, count);
		else this.#lengths.delete(reads.length);
	}
}

function first<T>(values: Iterable<T>, fits: (value: T) => boolean): T | undefined {
	for (const value of values) if (fits(value)) return value;
	return undefined;
}

/** Where the first text stands that is not less than this one. */
function lowerBound(sorted: readonly string[], text: string): number {
	let [low, high] = [0, sorted.length];
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((sorted[middle] ?? '') < text) low = middle + 1;
		else high = middle;
	}
	return low;
}
