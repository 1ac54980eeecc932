/**
 * What runs: the loop's passes, the hints that keepalive and watch give, and the way out. It knows which keys
 * are wanted only by asking.
 */
import { ConflictError } from '../../core/errors.js';
import type { LeaseId } from '../../core/registration.js';
import { withDeadline } from '../deadline.js';
import type { EngineParts, Subject } from '../parts.js';
import type { Fact } from '../pass/facts.js';
import { Leases } from '../pass/leases.js';
import { Pass } from '../pass/pass.js';
import { withdrawAll } from '../pass/withdraw.js';
import type { ChangeLog } from '../report/change-log.js';
import { Counting } from '../report/counters.js';
import type { Emitter } from '../report/emitter.js';
import { Journal } from '../report/journal.js';
import type { LastPass } from '../status.js';
import { Fleet } from './fleet.js';
import { Loop, type PassEnd } from './loop.js';
import { Streams } from './streams.js';

/** Live is who began a pass within three intervals: one that hangs is cut before. */
const LONGEST_PASS_INTERVALS = 2.5;
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
	readonly #streams: Streams;
	readonly #fleet: Fleet;
	readonly #abort = new AbortController();
	#retriedMs = Number.NEGATIVE_INFINITY;
	#isPassing = false;
	#isStopping = false;

	constructor(
		private readonly parts: EngineParts,
		private readonly subject: Subject,
		emitter: Emitter,
		changes: ChangeLog | null = null,
	) {
		const { store, clock, onConflict: policy } = parts;
		const { logger, where, ttlSeconds, random } = parts;
		this.#journal = new Journal({ logger, emitter, counting: this.counting, clock, where, changes });
		this.leases = new Leases(store, ttlSeconds, random, (lease) => this.#streams.granted(lease));
		this.pass = new Pass({
			...{ store, leases: this.leases, policy, clock },
			report: (fact) => this.#report(fact),
			follower: changes,
			answered: () => this.#streams.answered(),
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
		this.#streams = new Streams({
			...{ store, clock, hints: parts.hints, leases: this.leases, counting: this.counting },
			memory: this.pass.memory,
			wanted: () => subject.wanted(),
			groups: () => subject.groups(),
			fleetPrefixes: () => subject.fleetPrefixes(),
			isPassing: () => this.#isPassing,
			hint: (hint) => this.#loop.hint(hint),
		});
	}

	/** The granted TTL; before the first grant the one to be asked for. */
	get intervalSeconds(): number {
		return this.leases.intervalSeconds;
	}

	/** When the pass that runs now began; `null` = none does. */
	get passingSinceMs(): number | null {
		return this.#isPassing ? this.passBeganMs : null;
	}

	/** What it knows, for the status. */
	facts() {
		const { leases, intervalSeconds, lastPass, passBeganMs, lastError } = this;
		return {
			...{ memory: this.pass.memory, leases: leases.current, lastPass, passBeganMs, lastError },
			leaseEndsMs: (lease: LeaseId) => leases.endsMs(lease),
			endpoint: this.parts.store.endpoint(),
			intervalMs: intervalSeconds * 1_000,
			counters: this.counting.now(),
			nowMs: this.parts.clock.now(),
		};
	}

	start(): void {
		this.#loop.start();
	}

	/** A pass now, whatever hints wait; resolves when it has ended, well or not. */
	now(): Promise<void> {
		return this.#loop.now();
	}

	/**
	 * Ends the loop, takes away what this process has in etcd within the stop timeout, closes the store. `true`
	 * = etcd confirmed that nothing is left.
	 */
	async stop(): Promise<boolean> {
		const { clock, stopTimeoutMs, callTimeoutMs, store } = this.parts;
		const untilMs = clock.now() + stopTimeoutMs;
		const hadKeys = [...this.subject.wanted().keys()].some((key) => this.pass.memory.mayStand(key));
		this.#isStopping = true;
		this.leases.end();
		// A grant or a put on its way may still be carried out: let it end. A pass that has nothing in etcd is
		// simply cut.
		const patienceMs = this.leases.alive.length === 0 ? 0 : Math.min(callTimeoutMs, stopTimeoutMs / 2);
		const patience = setTimeout(() => this.#abort.abort(), patienceMs);
		await this.#loop.stop();
		clearTimeout(patience);
		// Only now: a pass that still ended well has opened them once more.
		this.#streams.stop();
		const { leases, pass } = this;
		const report = (fact: Fact) => this.#report(fact);
		const wanted = this.subject.wanted();
		const clean = await withdrawAll({ ...this.parts, leases, pass, wanted, report, untilMs });
		this.#journal.flush();
		store.close();
		this.#journal.stopped(clean, { hadKeys, ttlSeconds: this.intervalSeconds });
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
		this.#streams.replaceUnrenewed();
		const retryRefused = nowMs - this.#retriedMs >= RETRY_INTERVALS * this.intervalSeconds * 1_000;
		await this.pass.run(() => subject.wanted(), { retryRefused, services: subject.groups(), signal });
		if (retryRefused) this.#retriedMs = nowMs;
	}

	#passed(): PassEnd {
		this.lastError = null;
		// Where nothing is wanted nothing was asked, and nothing is known of etcd.
		if (this.subject.wanted().size > 0) this.#journal.passed();
		this.#streams.passed();
		void this.#fleet.count();
		const oneMore = this.subject.passed(true);
		this.#journal.flush();
		return { ok: true, againInMs: oneMore ? 0 : this.pass.nextInMs() };
	}

	#failed(error: Error, beganMs: number): PassEnd {
		this.lastError = error.message;
		this.#streams.failed();
		this.#journal.failed(error, beganMs);
		this.subject.passed(false);
		this.#journal.flush();
		return { ok: false, againInMs: null };
	}

	#report(fact: Fact): void {
		if (fact.fact === 'conflict') this.conflict = new ConflictError(fact.key);
		this.#journal.tell(fact);
	}
}
