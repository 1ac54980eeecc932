/**
 * What the services want at one moment, put together once: the keys with their values, whose they are, and
 * which belong together.
 */
import type { Desired } from '../../core/registration.js';
import { type Handover, type Handovers, type Owner, wantedOf } from './handover.js';
import type { OwnService } from './service.js';

export class View {
	/**
	 * For each service, in the order of adding, the keys that it wants now and then those that are handed over
	 * to it; after these, for each service that was removed, what is left of its keys. Every key of `wanted` is
	 * in one group.
	 */
	readonly groups: readonly (readonly string[])[];
	/** Which service a key belongs to; one that is handed over or goes, to which it belonged. */
	readonly owners = new Map<string, Owner>();
	/** Where fleets of these services stand, to count them. */
	readonly fleetPrefixes = new Set<string>();
	/** What should stand under each key. */
	readonly wanted = new Map<string, Desired>();

	constructor(services: Iterable<OwnService>, handovers: Handovers) {
		const groups: (readonly string[])[] = [];
		const add = (key: string, desired: Desired, owner: Owner): string => {
			this.wanted.set(key, desired);
			this.owners.set(key, owner);
			return key;
		};
		const leave = (handover: Handover): string[] =>
			[...handover.keys].map(([key, leaving]) => add(key, wantedOf(handover, leaving), leaving.owner));
		for (const service of services) {
			const { entries, owner, isWanted } = service;
			const own = entries.map(({ key, value }) => add(key, isWanted ? value : null, owner));
			for (const { fleetPrefix } of entries) this.fleetPrefixes.add(fleetPrefix);
			const handover = handovers.to(service);
			const leaving = handover === undefined ? [] : leave(handover);
			if (own.length + leaving.length > 0) groups.push(leaving.length === 0 ? own : [...own, ...leaving]);
		}
		for (const handover of handovers.ofRemoved()) groups.push(leave(handover));
		this.groups = groups;
	}
}
