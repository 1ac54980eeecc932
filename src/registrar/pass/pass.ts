/**
 * One pass: observe, plan, apply. It is handed no event, it observes. What it guarantees when it resolves: every key it may touch was
 * seen as wanted under its current lease, or is rightly another process's, or is refused by etcd and remembered as such. What it does
 * not promise: that this is still so.
 */
import type { Refusal } from '../../core/batches.js';
import { StoreError } from '../../core/errors.js';
import type { ConflictPolicy, LeaseId, Observed } from '../../core/registration.js';
import type { Clock, Store } from '../ports.js';
import type { Fact, Wanted } from './facts.js';
import type { Leases } from './leases.js';
import { Memory } from './memory.js';
import { OtherHolders } from './other-holders.js';
import { type Plan, type PlannedWrite, plan } from './plan.js';
import { type Observation, Reader } from './read.js';
import { Writer } from './write.js';

export interface PassOptions {
	/** Try keys again that etcd refused before: once an interval, never faster. */
	readonly retryRefused: boolean;
	/** The keys of each service, which share a lease. The same object as before = nothing has changed. Left out: each key alone. */
	readonly services?: Iterable<readonly string[]>;
	readonly signal?: AbortSignal;
}

export interface PassParts {
	readonly store: Store;
	readonly leases: Leases;
	readonly policy: ConflictPolicy;
	readonly clock: Clock;
	/** What the pass did or found out, as it happens. */
	readonly report: (fact: Fact) => void;
	/** etcd answered this pass's read: keepalive and watch may use its connection. */
	readonly answered?: () => void;
}

interface RoundOptions extends PassOptions {
	/** Each key on its own, so that one that is refused costs the others nothing. */
	readonly apart?: boolean;
	/** `false` = no further key is begun. */
	readonly goesOn?: () => boolean;
}

/** A key that somebody keeps changing between observation and write is observed so often in one pass. */
const ROUNDS = 5;
/** Refused keys that are tried again in one pass: all of up to so many, of more at least half. */
const RETRIED = 64;

export class Pass {
	readonly memory = new Memory();
	/** A key that this process wants, or wanted last: something to read. */
	anyKey: string | null = null;
	readonly #reader: Reader;
	readonly #others: OtherHolders;
	readonly #writer: Writer;
	#history: { readonly clusterId: string; readonly revision: bigint; readonly commits: bigint } | null = null;

	constructor(private readonly parts: PassParts) {
		const { store, leases, clock, report } = parts;
		this.#reader = new Reader(store);
		this.#others = new OtherHolders(store, clock);
		this.#writer = new Writer(store, leases, this.memory, clock, report);
	}

	/** When the next observation of another holder's lease is due, in milliseconds; `null` = there is none. */
	nextInMs(): number | null {
		return this.#others.nextInMs();
	}

	/**
	 * `wanted` is asked again after each wait for etcd: a key that was withdrawn while etcd was silent must not come up once more when it
	 * answers. Rejects with a `StoreError` when etcd does not let it come to an end; what it did until then stands and is remembered.
	 */
	async run(wanted: () => Wanted, options: PassOptions): Promise<void> {
		const { leases } = this.parts;
		const asked = wanted();
		const services = options.services ?? [...asked.keys()].map((key) => [key]);
		leases.groups.arrange(services);
		for (const one of [this.memory, this.#reader, this.#writer]) one.keepOnly(asked);
		const seen = new Map<string, Observed>();
		let open: Iterable<string> = this.#toObserve(asked);
		for (let round = 0; ; round += 1) {
			const again = await this.#round(wanted, [...open], seen, options);
			if (again === null) return;
			// What was refused in this round is left to the next interval.
			const next = [...again].filter((key) => !this.memory.isDenied(key));
			if (next.length === 0) break;
			if (round + 1 === ROUNDS) {
				throw new StoreError('unavailable', `keys keep changing: not settled after ${ROUNDS} observations`);
			}
			open = next;
		}
		leases.retireUnused();
		await this.#revokeFormer(seen, options.signal);
		if (options.retryRefused) {
			await this.#retryRefused(wanted, options).catch((error: unknown) => {
				// The pass has done what it is for, where it had anything to do; what could not be tried is tried first at the next interval.
				if (seen.size === 0 || !(error instanceof StoreError)) throw error;
			});
		}
		this.#others.keepOnly(this.#heldBy());
	}

	/** Where nothing is wanted any more the last key is read once more as long as a lease is left: only a read finds a connection. */
	#toObserve(asked: Wanted): readonly string[] {
		const [first] = asked.keys();
		this.anyKey = first ?? this.anyKey;
		if (first === undefined && this.anyKey !== null && this.parts.leases.alive.length > 0)
			return [this.anyKey];
		return [...asked.keys()].filter((key) => !this.memory.isDenied(key));
	}

	/** Observes these keys, and mends what is wrong. Resolves to those to be observed once more; `null` = a conflict ends it all. */
	async #round(
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
			await this.#others.observe(new Set(first.standingBy.map(({ lease }) => lease)), options.signal);
			const held = new Map(first.standingBy.map(({ key }) => [key, observed.get(key) ?? null]));
			if (!(await this.#apply(this.#plan(wanted(), held), held, wanted, options, again))) return null;
		}
		// A key seen on a former lease is observed once more: only then may that lease be revoked. So are those whose lease was lost
		// after they were written.
		const current = new Set(leases.current.map(({ id }) => id));
		for (const [key, value] of observed) {
			const { state, verified } = this.memory.of(key);
			const under = [value?.lease, state.is === 'registered' ? verified?.under : null];
			if (under.some((lease) => lease != null && leases.isOurs(lease) && !current.has(lease))) again.add(key);
		}
		return again;
	}

	#plan(wanted: Wanted, observed: ReadonlyMap<string, Observed>): Plan {
		const { leases, policy } = this.parts;
		const liveness = (lease: LeaseId) => this.#others.liveness(lease);
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
	#notice({ revision: text, clusterId }: Observation): void {
		if (text === null || clusterId === null) return;
		const revision = BigInt(text);
		const former = this.#history;
		const { commits } = this.#writer;
		this.#history = { clusterId, revision, commits };
		// What this process wrote since must be in it: a snapshot from before would bring back keys that nobody wants any more.
		const least = former === null ? 0n : former.revision + commits - former.commits;
		if (former === null || (former.clusterId === clusterId && least <= revision)) return;
		this.parts.leases.retire();
		this.#others.forget();
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
			if (this.#isWrong(write, observed.get(write.key) ?? null)) this.memory.wrong(write.key);
		for (const { key, lease } of next.standingBy) {
			if (this.memory.of(key).state.is !== 'standing-by') report({ fact: 'standing by', key, lease });
			this.memory.standingBy(key, lease);
		}
		for (const value of observed.values()) {
			if (value?.lease != null && leases.isOurs(value.lease)) leases.inUse(value.lease, true);
		}
		if (next.conflict !== null) report({ fact: 'conflict', ...next.conflict });
	}

	/** Once verified, and now not as it was left: what this process itself wants otherwise by now was never wrong. */
	#isWrong({ op, key }: PlannedWrite, observed: Observed): boolean {
		const { verified } = this.memory.of(key);
		if (op === 'delete' || verified === null) return false;
		const isAsLeft = observed?.value === verified.value && observed.lease !== null;
		return !(isAsLeft && this.parts.leases.isOurs(observed.lease));
	}

	/** The leases by which other processes hold keys of this one. */
	#heldBy(): ReadonlySet<LeaseId> {
		const leases = new Set<LeaseId>();
		for (const [, { state }] of this.memory.all()) if (state.is === 'standing-by') leases.add(state.lease);
		return leases;
	}

	/** Only after an observation showed none of our keys on it; what cannot be observed may still hang on it. */
	async #revokeFormer(seen: ReadonlyMap<string, Observed>, signal?: AbortSignal): Promise<void> {
		const { leases } = this.parts;
		const inUse = new Set([...seen.values()].map((observed) => observed?.lease));
		const unseen = new Set<LeaseId>();
		for (const [key, { verified }] of this.memory.all()) {
			if (verified !== null && this.memory.isDenied(key)) unseen.add(verified.under);
		}
		const revoking = leases.former.map(async (lease) => {
			leases.inUse(lease, inUse.has(lease));
			if (inUse.has(lease) || unseen.has(lease)) return;
			// A refusal or a lost answer costs nothing: nobody renews it, and the next pass tries again.
			await leases.revoke(lease, signal).catch(() => undefined);
		});
		await Promise.all(revoking);
	}

	/** Keys that etcd refused before, each on its own, those tried longest ago first; the interval is not spent on them. */
	async #retryRefused(wanted: () => Wanted, options: PassOptions): Promise<void> {
		const { clock, leases } = this.parts;
		const denied = this.memory.denied();
		if (denied.length === 0) return;
		const untilMs = clock.now() + leases.intervalSeconds * 500;
		const keys = denied.slice(0, Math.max(RETRIED, Math.ceil(denied.length / 2)));
		const goesOn = () => clock.now() < untilMs;
		await this.#round(wanted, keys, new Map(), { ...options, apart: true, goesOn });
	}

	#refuse(key: string, why: Refusal): void {
		const isNews = !this.memory.isDenied(key);
		this.memory.refused(key, why, this.parts.clock.now());
		if (isNews) this.parts.report({ fact: 'denied', key, why });
	}
}
