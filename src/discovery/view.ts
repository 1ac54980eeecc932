/**
 * What discovery believes, as an immutable value: from the instances that were known and an answer of etcd to
 * those that are known now. No clock, no I/O. Additions are believed at once. Removals are believed at once,
 * too, except where the answer is suspicious: it takes all instances away, or it comes from another history
 * of etcd (wiped, restored, replaced). Then they are kept until the grace is over.
 */
import type { Instance } from '../core/formats/index.js';

/** One complete answer of etcd, decoded. */
export interface CompleteAnswer {
	readonly clusterId: string;
	readonly revision: bigint;
	readonly term: bigint;
	/** Every key, also those whose value is no instance (`null`). */
	readonly entries: ReadonlyMap<string, AnsweredEntry>;
}

export interface AnsweredEntry {
	readonly modRevision: string;
	readonly instance: Instance | null;
}

export interface InstancesView {
	/** Sorted by key, frozen. */
	readonly instances: readonly Instance[];
	/** The last answer, believed or not; `null` = none yet. */
	readonly last: CompleteAnswer | null;
	/** A read has failed since the last answer. */
	readonly failed: boolean;
	/** Instances that the last answer lacks are kept for now; `null` = nothing is. */
	readonly held: Held | null;
}

export interface Held {
	readonly sinceMs: number;
	/** Why an answer is not believed yet. */
	readonly why: 'empty' | 'history';
}

export const NOTHING: InstancesView = { instances: Object.freeze([]), last: null, failed: false, held: null };

/** No answer: everything stays as it is. */
export function failed(view: InstancesView): InstancesView {
	return { ...view, failed: true };
}

export function answered(
	view: InstancesView,
	answer: CompleteAnswer,
	nowMs: number,
	graceMs: number,
): InstancesView {
	const found = instancesOf(answer);
	const missing = view.instances.some(({ key }) => !found.has(key));
	const held = missing ? suspicion(view, answer, found.size === 0, nowMs) : null;
	const keeps = held !== null && nowMs - held.sinceMs < graceMs;
	return {
		instances: settled(view.instances, keeps ? merged(view.instances, found) : found),
		last: answer,
		failed: false,
		held: keeps ? held : null,
	};
}

/** Why instances that the answer lacks are kept; `null` = they are gone. */
function suspicion(
	view: InstancesView,
	answer: CompleteAnswer,
	isEmpty: boolean,
	nowMs: number,
): Held | null {
	const { held, last } = view;
	if (last !== null && !continues(last, answer)) return { sinceMs: nowMs, why: 'history' };
	// An etcd that came back from an outage fills bit by bit: what it lacks at first is no news.
	if (held?.why === 'history') return held;
	if (isEmpty) return held ?? { sinceMs: nowMs, why: view.failed ? 'history' : 'empty' };
	return null;
}

/**
 * Whether both answers belong to one history of one etcd. Revisions and terms never go back in one; and since
 * an answer is complete, a key that was last written at or before its revision is in it, with that very
 * revision.
 */
export function continues(last: CompleteAnswer, answer: CompleteAnswer): boolean {
	if (answer.clusterId !== last.clusterId || answer.revision < last.revision || answer.term < last.term)
		return false;
	for (const [key, { modRevision }] of answer.entries) {
		const before = last.entries.get(key);
		if (before?.modRevision !== modRevision && BigInt(modRevision) <= last.revision) return false;
	}
	return true;
}

function instancesOf(answer: CompleteAnswer): Map<string, Instance> {
	const found = new Map<string, Instance>();
	for (const [key, { instance }] of answer.entries) if (instance !== null) found.set(key, instance);
	return found;
}

function merged(
	known: readonly Instance[],
	found: ReadonlyMap<string, Instance>,
): ReadonlyMap<string, Instance> {
	return new Map([...known.map((instance) => [instance.key, instance] as const), ...found]);
}

/** Sorted; an instance that has not changed stays the same object, and so does the array when none has. */
function settled(before: readonly Instance[], found: ReadonlyMap<string, Instance>): readonly Instance[] {
	const known = new Map(before.map((instance) => [instance.key, instance]));
	const now = [...found.values()].map((instance) => {
		const same = known.get(instance.key);
		return same !== undefined && isSame(same, instance) ? same : instance;
	});
	now.sort((a, b) => (a.key < b.key ? -1 : 1));
	if (now.length === before.length && now.every((instance, at) => instance === before[at])) return before;
	return Object.freeze(now);
}

export interface Difference {
	readonly added: readonly Instance[];
	readonly removed: readonly Instance[];
	/** Their new state. */
	readonly changed: readonly Instance[];
}

export function difference(before: readonly Instance[], now: readonly Instance[]): Difference {
	const known = new Map(before.map((instance) => [instance.key, instance]));
	const added: Instance[] = [];
	const changed: Instance[] = [];
	for (const instance of now) {
		const former = known.get(instance.key);
		if (former === undefined) added.push(instance);
		else if (former !== instance) changed.push(instance);
		known.delete(instance.key);
	}
	return { added, removed: [...known.values()], changed };
}

const FIELDS = ['key', 'id', 'addr', 'protocol', 'version', 'weight'] as const;

function isSame(one: Instance, other: Instance): boolean {
	if (one === other) return true;
	const [mine, others] = [Object.entries(one.metadata), other.metadata];
	return (
		FIELDS.every((field) => one[field] === other[field]) &&
		mine.length === Object.keys(others).length &&
		mine.every(([key, value]) => Object.hasOwn(others, key) && others[key] === value)
	);
}

/** How many keys of the last answer are no instance that could be decoded. */
export function leftOut({ last }: InstancesView): number {
	return [...(last?.entries.values() ?? [])].filter(({ instance }) => instance === null).length;
}
