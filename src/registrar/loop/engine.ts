/**
 * What runs: the loop's passes, the hints that keepalive and watch give, and the way out. It knows which keys are wanted only by asking.
 */
import { ConflictError } from '../../core/errors.js';
import type { ConflictPolicy } from '../../core/registration.js';
import { withDeadline } from '../deadline.js';
import type { Fact, Wanted } from '../pass/facts.js';
import { Leases } from '../pass/leases.js';
import { Pass } from '../pass/pass.js';
import { withdrawAll } from '../pass/withdraw.js';
import type { Clock, Logger, Schedule, Store, WatchListener } from '../ports.js';
import { Counting } from '../report/counters.js';
import type { Emitter } from '../report/emitter.js';
import { Journal } from '../report/journal.js';
import type { LastPass } from '../status.js';
import { Fleet } from './fleet.js';
import { Keepalive } from './keepalive.js';
import { Loop, type PassEnd } from './loop.js';
import { Watch } from './watch.js';

export interface EngineParts {
	readonly store: Store;
	readonly schedule: Schedule;
	readonly clock: Clock;
	readonly random: () => number;
	readonly logger: Logger;
	/** Seconds asked for. */
	readonly ttlSeconds: number;
	readonly callTimeoutMs: number;
	readonly stopTimeoutMs: number;
	readonly onConflict: ConflictPolicy;
	/** `false` = the plain poll: no watch, no early pass. */
	readonly hints: boolean;
	/** Fields that say in the log which etcd is meant. */
	readonly where?: Readonly<Record<string, unknown>>;
}

/** What the engine asks of the services. */
export interface Subject {
	/** Before each pass; may reject when an address cannot be found out yet. */
	prepare(): Promise<void>;
	wanted(): Wanted;
	/** The keys of each service; the same object as long as nothing changes. */
	groups(): Iterable<readonly string[]>;
	fleetPrefixes(): ReadonlySet<string>;
	/** After each pass. `true` = what is wanted has changed by it: one more. */
	passed(ok: boolean): boolean;
}

/** Live is who began a pass within three intervals: one that hangs is cut before. */
const LONGEST_PASS_INTERVALS = 2.5;
/** A silent stream is noticed, and another tried, within two thirds of the TTL: only then fresh leases are the last resort. */
const UNRENEWED_INTERVALS = 0.7;
/** Refused keys are tried again at every interval, whichever pass comes then. */
const RETRY_INTERVALS = 0.9;

export class Engine {
	readonly counting = new Counting();
	readonly leases: Leases;
	readonly pass: Pass;
	lastPass: LastPass | null = null;
	passBeganMs: number | null = null;
	lastError: string | null = null;
	conflict: ConflictError | null = null;
	readonly #journal: Journal;
	readonly #loop: Loop;
	readonly #keepalive: Keepalive;
	readonly #watch: Watch;
	readonly #fleet: Fleet;
	readonly #abort = new AbortController();
	#retriedMs = Number.NEGATIVE_INFINITY;
	/** Since when passes have been good and no lease was renewed; `null` = one was, or etcd does not answer at all. */
	#unrenewedSinceMs: number | null = null;
	#isPassing = false;
	#isStopping = false;

	constructor(
		private readonly parts: EngineParts,
		private readonly subject: Subject,
		emitter: Emitter,
	) {
		const { store, clock, onConflict: policy } = parts;
		this.#journal = new Journal(parts.logger, emitter, this.counting, clock, parts.where);
		this.leases = new Leases(store, parts.ttlSeconds, parts.random, () => this.#renew());
		this.pass = new Pass({
			...{ store, leases: this.leases, policy, clock },
			report: (fact) => this.#report(fact),
			answered: () => this.#answered(),
		});
		this.#fleet = new Fleet(store, clock, () => subject.fleetPrefixes());
		this.#loop = new Loop({
			...parts,
			pass: () => this.#runPass(),
			intervalSeconds: () => this.intervalSeconds,
			fleetSize: () => Math.max(this.#fleet.size, this.subject.wanted().size),
			identity: String(parts.random()),
			hinted: (hint) => this.counting.hint(hint),
		});
		this.#keepalive = new Keepalive(store, this.#keepaliveReports());
		this.#watch = new Watch(store, clock, {
			changed: this.#changed,
			// What happened before it was open, and after the pass that ended already, nobody has seen.
			opened: (again) => (again || !this.#isPassing) && this.#loop.hint('reconnected'),
			ended: () => this.#loop.hint('reconnected'),
		});
	}

	/** The granted TTL; before the first grant the one to be asked for. */
	get intervalSeconds(): number {
		return this.leases.intervalSeconds;
	}

	start(): void {
		this.#loop.start();
	}

	/** A pass now, whatever hints wait; resolves when it has ended, well or not. */
	now(): Promise<void> {
		return this.#loop.now();
	}

	/** Ends the loop, takes away what is ours within the stop timeout, closes the store. `true` = etcd confirmed that nothing is left. */
	async stop(): Promise<boolean> {
		const { clock, stopTimeoutMs, callTimeoutMs, store } = this.parts;
		const untilMs = clock.now() + stopTimeoutMs;
		this.#isStopping = true;
		this.leases.end();
		// A grant or a put on its way may still be carried out: let it end. A pass that has nothing in etcd is simply cut.
		const patienceMs = this.leases.alive.length === 0 ? 0 : Math.min(callTimeoutMs, stopTimeoutMs / 2);
		const patience = setTimeout(() => this.#abort.abort(), patienceMs);
		await this.#loop.stop();
		clearTimeout(patience);
		// Only now: a pass that still ended well has opened them once more.
		this.#keepalive.stop();
		this.#watch.stop();
		const { leases, pass } = this;
		const report = (fact: Fact) => this.#report(fact);
		const wanted = this.subject.wanted();
		const clean = await withdrawAll({ ...this.parts, leases, pass, wanted, report, untilMs });
		this.#journal.flush();
		store.close();
		return clean;
	}

	async #runPass(): Promise<PassEnd> {
		const { clock, callTimeoutMs } = this.parts;
		const beganMs = clock.now();
		this.passBeganMs = beganMs;
		this.#isPassing = true;
		let failure: Error | null = null;
		try {
			const intervalMs = this.intervalSeconds * 1_000;
			const limitMs = Math.min(Math.max(intervalMs, 3 * callTimeoutMs), LONGEST_PASS_INTERVALS * intervalMs);
			await withDeadline(limitMs, (signal) => this.#reconcile(signal), this.#abort.signal);
		} catch (error) {
			failure = error instanceof Error ? error : new Error(String(error));
		}
		this.#isPassing = false;
		const durationMs = clock.now() - beganMs;
		this.lastPass = { beganMs, durationMs, ok: failure === null };
		this.counting.pass(failure === null, durationMs / 1_000);
		if (this.#isStopping && failure !== null) return { ok: false, againInMs: null };
		return failure === null ? this.#passed() : this.#failed(failure, beganMs);
	}

	async #reconcile(signal: AbortSignal): Promise<void> {
		const { subject, parts } = this;
		await subject.prepare();
		const nowMs = parts.clock.now();
		this.#replaceUnrenewed(nowMs);
		const retryRefused = nowMs - this.#retriedMs >= RETRY_INTERVALS * this.intervalSeconds * 1_000;
		await this.pass.run(() => subject.wanted(), { retryRefused, services: subject.groups(), signal });
		if (retryRefused) this.#retriedMs = nowMs;
	}

	/** Where etcd answers reads but no keepalive (a proxy in between, say), fresh leases come before the old ones run out. */
	#replaceUnrenewed(nowMs: number): void {
		const sinceMs = this.#unrenewedSinceMs;
		if (sinceMs === null || nowMs - sinceMs < UNRENEWED_INTERVALS * this.intervalSeconds * 1_000) return;
		this.#unrenewedSinceMs = null;
		this.leases.retire();
	}

	#passed(): PassEnd {
		this.lastError = null;
		if (this.leases.current.length > 0) this.#unrenewedSinceMs ??= this.parts.clock.now();
		// Where nothing is wanted nothing was asked, and nothing is known of etcd.
		if (this.subject.wanted().size > 0) this.#journal.passed();
		this.#answered();
		void this.#fleet.count();
		const oneMore = this.subject.passed(true);
		this.#journal.flush();
		return { ok: true, againInMs: oneMore ? 0 : this.pass.nextInMs() };
	}

	#failed(error: Error, beganMs: number): PassEnd {
		this.lastError = error.message;
		this.#unrenewedSinceMs = null;
		this.#journal.failed(error, beganMs);
		this.subject.passed(false);
		this.#journal.flush();
		return { ok: false, againInMs: null };
	}

	#report(fact: Fact): void {
		if (fact.fact === 'conflict') this.conflict = new ConflictError(fact.key);
		this.#journal.tell(fact);
	}

	/** etcd answered a read: what renews and watches uses that connection, whatever becomes of the pass. */
	#answered(): void {
		this.#renew();
		if (!this.parts.hints) return;
		const { subject, pass } = this;
		this.#watch.refresh(subject.groups(), () => subject.fleetPrefixes(), pass.memory.deniedCount);
	}

	#renew(): void {
		this.#keepalive.refresh(this.leases.renewed);
	}

	/** A key that should be there went, or somebody else put it. What this process did itself is no news. */
	readonly #changed: WatchListener['changed'] = (key, change) => {
		const isWanted = (this.subject.wanted().get(key) ?? null) !== null;
		const { sent, verified } = this.pass.memory.of(key);
		const isKnown = change.type === 'put' && (change.value === sent || change.value === verified?.value);
		const byUs = isKnown && change.lease !== null && this.leases.isOurs(change.lease);
		if (isWanted && !byUs) this.#loop.hint('watch');
	};

	#keepaliveReports() {
		return {
			renewed: () => {
				this.#unrenewedSinceMs = null;
				this.counting.keepalive(true);
			},
			lost: (lease: string) => {
				this.leases.gone(lease);
				this.#loop.hint('lease_lost');
			},
			denied: (lease: string) => this.leases.denied(lease),
			trouble: () => {
				this.counting.keepalive(false);
				this.#loop.hint('keepalive');
			},
		};
	}
}
