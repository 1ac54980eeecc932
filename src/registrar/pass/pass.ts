/**
 * One pass: observe, decide, act. It is handed no event, it looks. What it guarantees when it returns `settled`: every key it may
 * touch was seen as wanted under our one lease, or is rightly another's. What it does not promise: that this is still so.
 */
import { StoreError } from '../../core/errors.js';
import type { ConflictPolicy, LeaseId } from '../../core/registration.js';
import type { Clock, Store } from '../ports.js';
import type { Fact, Wanted } from './facts.js';
import type { Leases } from './leases.js';
import { Memory } from './memory.js';
import { Rivals } from './other-holders.js';
import { type Plan, plan } from './plan.js';
import { type Look, Reader } from './read.js';
import { Writer } from './write.js';

export interface PassOptions {
	/** Try keys again that etcd refused before: once an interval, never faster. */
	readonly retryDenied: boolean;
	readonly signal?: AbortSignal;
}

/** A key that somebody keeps changing between our look and our write is looked at so often in one pass. */
const ROUNDS = 5;

export class Reconciler {
	readonly memory = new Memory();
	readonly #reader: Reader;
	readonly #rivals: Rivals;
	readonly #writer: Writer;
	#history: { readonly clusterId: string; readonly revision: bigint; readonly commits: bigint } | null = null;

	constructor(
		store: Store,
		readonly leases: Leases,
		private readonly policy: ConflictPolicy,
		private readonly clock: Clock,
		private readonly tell: (fact: Fact) => void,
	) {
		this.#reader = new Reader(store);
		this.#rivals = new Rivals(store, clock);
		this.#writer = new Writer(store, leases, this.memory, clock, tell);
	}

	/** When the next look at a foreign lease is due, in milliseconds; `null` = we stand by nobody. */
	nextLookInMs(): number | null {
		return this.#rivals.nextLookInMs();
	}

	/**
	 * `wanted` is asked again after each wait for etcd: a key that was withdrawn while etcd was silent must not come up once more when it
	 * answers. Rejects with a `StoreError` when etcd does not let it come to an end.
	 */
	async pass(wanted: () => Wanted, options: PassOptions): Promise<void> {
		for (let round = 0; round < ROUNDS; round += 1) {
			const asked = wanted();
			this.memory.keepOnly(asked);
			const look = await this.#look(asked, { ...options, retryDenied: options.retryDenied && round === 0 });
			const next = plan({
				wanted: wanted(),
				look: look.keys,
				memory: this.memory,
				leases: this.leases,
				policy: this.policy,
				verdict: (lease) => this.#rivals.verdict(lease),
			});
			this.#note(next, look);
			if (next.conflict !== null) return;
			if (next.freshLease) this.leases.retire();
			const done = await this.#writer.write(next.writes, (key) => wanted().get(key) != null, options.signal);
			if (done && (await this.#revokeFormer(look, options.signal))) return;
		}
		throw new StoreError(
			'unavailable',
			`keys keep changing under our hands: not settled after ${ROUNDS} looks`,
		);
	}

	/** The first pass of a process most likely registers: the read and the grant travel together. */
	async #look(wanted: Wanted, options: PassOptions): Promise<Look> {
		const speculative =
			this.policy === 'take-over' &&
			this.leases.alive.length === 0 &&
			[...wanted.values()].some((value) => value !== null);
		// The read first: it is what dials.
		const reading = this.#read(wanted, options);
		const granting = speculative ? this.leases.ensure(options.signal).catch(() => undefined) : undefined;
		const look = await reading;
		await granting;
		const foreign = this.#foreignLeases(wanted, look);
		await this.#rivals.look(foreign, options.signal);
		return look;
	}

	async #read(wanted: Wanted, options: PassOptions): Promise<Look> {
		const open: string[] = [];
		const refused: string[] = [];
		for (const key of wanted.keys()) (this.memory.of(key).denied ? refused : open).push(key);
		const bytesOf = (key: string) => Buffer.byteLength(key) + Buffer.byteLength(wanted.get(key) ?? '');
		const look = await this.#reader.read(open, options.retryDenied ? refused : [], bytesOf, options.signal);
		for (const key of look.denied) {
			if (!this.memory.of(key).denied) this.tell({ fact: 'denied', key });
			this.memory.change(key, { denied: true });
		}
		this.#notice(look);
		return look;
	}

	/** A store that went back in time, or became another, makes what we remember of leases worthless. */
	#notice(look: Look): void {
		if (look.revision === null || look.clusterId === null) return;
		const revision = BigInt(look.revision);
		const former = this.#history;
		const { commits } = this.#writer;
		this.#history = { clusterId: look.clusterId, revision, commits };
		// What we wrote since the former look must be in it: a snapshot from before it would bring back keys that nobody wants any more.
		if (
			former === null ||
			(former.clusterId === look.clusterId && former.revision + commits - former.commits <= revision)
		)
			return;
		this.leases.retire();
		this.#rivals.forget();
		this.tell({ fact: 'history changed' });
	}

	/** Those whose life or death decides something: not where the key is ours for the taking. */
	#foreignLeases(wanted: Wanted, look: Look): Set<LeaseId> {
		const foreign = new Set<LeaseId>();
		for (const [key, observed] of look.keys) {
			const lease = observed?.lease;
			if (lease == null || this.leases.isOurs(lease) || wanted.get(key) === null) continue;
			if (this.policy !== 'take-over' || this.memory.of(key).tenure === 'held') foreign.add(lease);
		}
		return foreign;
	}

	#note(next: Plan, look: Look): void {
		for (const key of next.verified) {
			const { value, lease } = look.keys.get(key) ?? { value: '', lease: null };
			if (this.memory.of(key).verifiedValue === null)
				this.tell({ fact: 'registered', key, lease: lease ?? '0' });
			this.memory.verified(key, value ?? '', lease ?? '0', this.clock.now());
		}
		for (const key of next.absentAsWanted) this.memory.absent(key);
		for (const { key } of next.writes) this.memory.change(key, { wrong: true });
		for (const { key, lease } of next.standingBy) {
			if (this.memory.of(key).rival === null) this.tell({ fact: 'standing by', key, lease });
			this.memory.standingBy(key, lease);
		}
		for (const lease of next.revived) this.leases.revived(lease);
		if (next.conflict !== null) this.tell({ fact: 'conflict', ...next.conflict });
	}

	/** Only after a look showed none of our keys on it. `false` = keys were moved off one: look again first. */
	async #revokeFormer(look: Look, signal?: AbortSignal): Promise<boolean> {
		const inUse = new Set([...look.keys.values()].map((observed) => observed?.lease));
		for (const [key, { denied, under }] of this.memory.all())
			if (denied && !look.keys.has(key)) inUse.add(under);
		let settled = true;
		for (const lease of this.leases.former) {
			if (inUse.has(lease))
				settled &&= ![...look.keys.values()].some((observed) => observed?.lease === lease);
			// A refusal or a lost answer costs nothing: nobody renews it, and the next pass tries again.
			else await this.leases.revoke(lease, signal).catch(() => undefined);
		}
		return settled;
	}
}
