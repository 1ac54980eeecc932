/** One round of a pass over some keys: observe, plan, apply. */
import type { Refusal } from '../../core/batches.js';
import type { ConflictPolicy, LeaseId, Observed } from '../../core/registration.js';
import type { Clock, Store } from '../ports.js';
import type { Fact, Wanted } from './facts.js';
import { History } from './history.js';
import type { Leases } from './leases.js';
import { type Follower, Memory } from './memory.js';
import { OtherHolders } from './other-holders.js';
import { type Plan, type PlannedWrite, plan } from './plan.js';
import { type Observation, Reader } from './read.js';
import { Writer } from './write.js';

export interface PassParts {
	readonly store: Store;
	readonly leases: Leases;
	readonly policy: ConflictPolicy;
	readonly clock: Clock;
	/** What the pass did or found out, as it happens. */
	readonly report: (fact: Fact) => void;
	readonly follower?: Follower | null;
	/** etcd answered this pass's read: keepalive and watch may use its connection. */
	readonly answered?: () => void;
}

export interface RoundOptions {
	readonly signal?: AbortSignal;
	/** Each key on its own, so that one that is refused costs the others nothing. */
	readonly apart?: boolean;
}

export class Rounds {
	readonly memory: Memory;
	readonly others: OtherHolders;
	readonly #reader: Reader;
	readonly #writer: Writer;
	readonly #history = new History();

	constructor(private readonly parts: PassParts) {
		const { store, leases, clock, report, follower = null } = parts;
		this.memory = new Memory(follower);
		this.#reader = new Reader(store);
		this.others = new OtherHolders(store, clock);
		this.#writer = new Writer(store, leases, this.memory, clock, report);
	}

	/** Keys that are no longer configured are forgotten. */
	keepOnly(keys: { has(key: string): boolean }): void {
		for (const one of [this.memory, this.#reader, this.#writer]) one.keepOnly(keys);
	}

	/**
	 * Observes these keys, and mends what is wrong. Resolves to those to be observed once more; `null` = a
	 * conflict ends it all.
	 */
	async run(
		wanted: () => Wanted,
		keys: readonly string[],
		seen: Map<string, Observed>,
		options: RoundOptions,
	): Promise<ReadonlySet<string> | null> {
		const { leases } = this.parts;
		const { keys: observed } = await this.#observe(wanted(), keys, options);
		for (const [key, value] of observed) seen.set(key, value);
		const again = new Set<string>();
		// Free keys come before any observation of other holders.
		const first = this.#plan(wanted(), observed);
		if (!(await this.#apply({ ...first, standingBy: [] }, observed, wanted, options, again))) return null;
		if (first.standingBy.length > 0) {
			await this.others.observe(new Set(first.standingBy.map(({ lease }) => lease)), options.signal);
			const held = new Map(first.standingBy.map(({ key }) => [key, observed.get(key) ?? null]));
			if (!(await this.#apply(this.#plan(wanted(), held), held, wanted, options, again))) return null;
		}
		// A key seen on a former lease is observed once more: only then may that lease be revoked. So are those
		// whose lease was lost after they were written.
		const current = new Set(leases.current.map(({ id }) => id));
		const isFormer = (lease: LeaseId | null | undefined): boolean =>
			lease != null && !current.has(lease) && leases.isOurs(lease);
		for (const [key, value] of observed) {
			const { state, verified } = this.memory.of(key);
			if (isFormer(value?.lease) || (state.is === 'registered' && isFormer(verified?.under))) again.add(key);
		}
		return again;
	}

	#plan(wanted: Wanted, observed: ReadonlyMap<string, Observed>): Plan {
		const { leases, policy } = this.parts;
		const liveness = (lease: LeaseId) => this.others.liveness(lease);
		return plan({ wanted, observed, memory: this.memory, leases, policy, liveness });
	}

	/** `false` = a conflict. */
	async #apply(
		next: Plan,
		observed: ReadonlyMap<string, Observed>,
		wanted: () => Wanted,
		options: RoundOptions,
		again: Set<string>,
	): Promise<boolean> {
		this.#note(next, observed);
		if (next.conflict !== null) return false;
		for (const lease of next.lost) this.parts.leases.retire(lease);
		for (const key of await this.#writer.write(next.writes, { ...options, wanted })) again.add(key);
		return true;
	}

	/** The first pass of a process most likely registers: the read and the grants travel together. */
	async #observe(wanted: Wanted, keys: readonly string[], options: RoundOptions): Promise<Observation> {
		const { leases, policy } = this.parts;
		const toPut = keys.filter((key) => wanted.get(key) != null);
		const isFirst = policy === 'take-over' && leases.alive.length === 0 && toPut.length > 0;
		// The read first: it is what dials.
		const reading = this.#reader.read(keys, {
			...options,
			bytesOf: (key) => Buffer.byteLength(key) + Buffer.byteLength(wanted.get(key) ?? ''),
			refused: (key, why) => this.#refuse(key, why),
			answered: () => this.parts.answered?.(),
		});
		const granting = isFirst ? leases.ensure(toPut, options.signal).catch(() => undefined) : undefined;
		const observation = await reading;
		await granting;
		this.#notice(observation);
		return observation;
	}

	/** A store that went back in time, or became another, makes what is remembered of leases worthless. */
	#notice(observation: Observation): void {
		if (this.#history.goesOn(observation, this.#writer.commits)) return;
		this.parts.leases.retire();
		this.others.forget();
		this.parts.report({ fact: 'history changed' });
	}

	#note(next: Plan, observed: ReadonlyMap<string, Observed>): void {
		const { report, clock, leases } = this.parts;
		for (const { key, value, lease } of next.verified) {
			if (this.memory.of(key).verified === null) report({ fact: 'registered', key, lease });
			this.memory.registered(key, value, lease, clock.now());
		}
		for (const key of next.absentAsWanted) this.memory.withdrawn(key);
		for (const write of next.writes)
			if (this.#isWrong(write, observed.get(write.key) ?? null))
				this.memory.wrong(write.key, observed.get(write.key) == null);
		const isStandingBy = (key: string) => this.memory.of(key).state.is === 'standing-by';
		for (const { key, lease } of next.standingBy) {
			if (!isStandingBy(key)) report({ fact: 'standing by', key, lease });
			this.memory.standingBy(key, lease);
		}
		const held = new Set([...observed.values()].map((value) => value?.lease ?? null));
		for (const lease of held) if (lease !== null && leases.isOurs(lease)) leases.inUse(lease, true);
		const { conflict } = next;
		if (conflict !== null) report({ fact: 'conflict', ...conflict, isNews: !isStandingBy(conflict.key) });
	}

	/**
	 * Once verified, and now not as it was left: what this process itself wants otherwise by now was never
	 * wrong.
	 */
	#isWrong({ op, key }: PlannedWrite, observed: Observed): boolean {
		const { verified } = this.memory.of(key);
		if (op === 'delete' || verified === null) return false;
		const isAsLeft = observed?.value === verified.value && observed.lease !== null;
		return !(isAsLeft && this.parts.leases.isOurs(observed.lease));
	}

	#refuse(key: string, why: Refusal): void {
		const isNews = !this.memory.isDenied(key);
		this.memory.refused(key, why, this.parts.clock.now());
		if (isNews) this.parts.report({ fact: 'denied', key, why });
	}
}
