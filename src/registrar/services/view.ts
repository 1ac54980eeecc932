/**
 * What the services want at one moment, put together once: the keys with their values, whose they are, and
 * which belong together.
 */
import type { Desired } from '../../core/registration.js';
import { type Handovers, type Owner, wantedOf } from './handover.js';
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
		const groups: string[][] = [];
		const begin = (): string[] => {
			const group: string[] = [];
			groups.push(group);
			return group;
		};
		const add = (group: string[], key: string, desired: Desired, owner: Owner): void => {
			group.push(key);
			this.wanted.set(key, desired);
			this.owners.set(key, owner);
		};
		for (const service of services) {
			const handover = handovers.to(service);
			if (service.entries.length === 0 && handover === undefined) continue;
			const group = begin();
			for (const { key, value, fleetPrefix } of service.entries) {
				add(group, key, service.isWanted ? value : null, service.owner);
				this.fleetPrefixes.add(fleetPrefix);
			}
			if (handover === undefined) continue;
			for (const [key, leaving] of handover.keys) add(group, key, wantedOf(handover, leaving), leaving.owner);
		}
		for (const handover of handovers.ofRemoved()) {
			const group = begin();
			for (const [key, { owner }] of handover.keys) add(group, key, null, owner);
		}
		this.groups = groups;
	}
}
