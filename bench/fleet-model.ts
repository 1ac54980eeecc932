import { fullJitter, phase, type Random, retryCap } from '../src/core/pace.js';

/** How failed passes are tried again. */
export interface Retrying {
	readonly name: string;
	/** Milliseconds to wait before retry number `attempt` (0 = the first). */
	readonly waitMs: (attempt: number, random: Random) => number;
}

export interface Fleet {
	readonly instances: number;
	readonly intervalMs: number;
}

/**
 * Everybody lost etcd at the same moment and tries again each second: what a timer without randomness comes
 * to.
 */
export const inStep: Retrying = { name: 'a retry each second', waitMs: () => 1_000 };
/** Random, but blind to how many there are. */
export const jitterOnly = ({ intervalMs }: Fleet): Retrying => ({
	name: 'full jitter up to 1 s',
	waitMs: (attempt, random) => fullJitter(attempt, retryCap(intervalMs, 1), random),
});
/** As the registrar does it. */
export const spread = ({ instances, intervalMs }: Fleet): Retrying => ({
	name: 'ours: the cap grows with the fleet',
	waitMs: (attempt, random) => fullJitter(attempt, retryCap(intervalMs, instances), random),
});

/**
 * How many instances come back in each slot after an etcd that was away for `outageMs` and went for all of
 * them at once. The first try after its return succeeds: what etcd cannot answer in time is not in this
 * model.
 */
export function comeBack(
	{ instances }: Fleet,
	{ waitMs }: Retrying,
	outageMs: number,
	slotMs: number,
	random: Random,
): number[] {
	const slots: number[] = [];
	for (let instance = 0; instance < instances; instance += 1) {
		let atMs = 0;
		for (let attempt = 0; atMs < outageMs; attempt += 1) atMs += waitMs(attempt, random);
		const slot = Math.floor((atMs - outageMs) / slotMs);
		slots[slot] = (slots[slot] ?? 0) + 1;
	}
	return Array.from(slots, (count) => count ?? 0);
}

/** How many ticks of a fleet that was started by one event fall in each slot of the interval from then on. */
export function ticks({ instances, intervalMs }: Fleet, slotMs: number): number[] {
	const slots = new Array<number>(Math.ceil(intervalMs / slotMs)).fill(0);
	for (let instance = 0; instance < instances; instance += 1) {
		const slot = Math.floor((phase(identity(instance), intervalMs) - 1) / slotMs);
		slots[slot] = (slots[slot] ?? 0) + 1;
	}
	return slots;
}

/**
 * The number of keys from which on a larger fleet is given no more time: the wait between retries never
 * exceeds the interval.
 */
export function spreadEnds(intervalMs: number): number {
	for (let keys = 1; keys < 2 ** 40; keys *= 2)
		if (retryCap(intervalMs, keys + 1) === intervalMs) return keys;
	return Number.POSITIVE_INFINITY;
}

/**
 * Requests a second of a fleet at rest: a read for each 100 keys of an instance and three keepalives, each
 * TTL.
 */
export const requestsPerSecond = (instances: number, ttlSeconds: number, keysEach = 1): number =>
	(instances * (Math.ceil(keysEach / 100) + 3)) / ttlSeconds;

const identity = (instance: number): string =>
	`/ns/orders/10.${instance >> 16}.${(instance >> 8) & 255}.${instance & 255}:8080`;
