/**
 * What runs: the loop's passes, the hints that keepalive and watch give, and the way out. It knows which keys are wanted only by asking.
 */
import { ConflictError } from '../../core/errors.js';
import type { ConflictPolicy } from '../../core/registration.js';
import { withDeadline } from '../deadline.js';
import type { Wanted } from '../pass/facts.js';
import { Leases } from '../pass/leases.js';
import { Reconciler } from '../pass/pass.js';
import { withdrawAll } from '../pass/withdraw.js';
import type { Clock, Logger, Schedule, Store, WatchListener } from '../ports.js';
import { Counting } from '../report/counters.js';
import type { Emitter } from '../report/emitter.js';
import { Journal } from '../report/journal.js';
import type { LastPass } from '../status.js';
import { Fleet } from './fleet.js';
import { Keepalive } from './keepalive.js';
import { Loop, type PassEnd } from './loop.js';
import { Watching } from './watch.js';

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
	fleetPrefixes(): ReadonlySet<string>;
	/** After each pass. `true` = what is wanted has changed by it: one more. */
	passed(ok: boolean): boolean;
}

/** Live is who began a pass within three intervals: one that hangs is cut before. */
const LONGEST_PASS_INTERVALS = 2.5;

export class Engine {
	readonly counting = new Counting();
	readonly leases: Leases;
	readonly reconciler: Reconciler;
	lastPass: LastPass | null = null;
	passBeganMs: number | null = null;
	lastError: string | null = null;
	conflict: ConflictError | null = null;
	readonly #journal: Journal;
	readonly #loop: Loop;
	readonly #keepalive: Keepalive;
	readonly #watching: Watching;
	readonly #fleet: Fleet;
	readonly #abort = new AbortController();
	#isStopping = false;

	constructor(
		private readonly parts: EngineParts,
		private readonly subject: Subject,
		emitter: Emitter,
	) {
		const { store, clock } = parts;
		this.#journal = new Journal(parts.logger, emitter, this.counting, clock, parts.where);
		this.leases = new Leases(store, parts.ttlSeconds, parts.random);
		this.reconciler = new Reconciler(store, this.leases, parts.onConflict, clock, (fact) => {
			if (fact.fact === 'conflict') this.conflict = new ConflictError(fact.key);
			this.#journal.tell(fact);
		});
		this.#fleet = new Fleet(store, clock, () => subject.fleetPrefixes());
		this.#loop = new Loop({
			...parts,
			pass: (poll) => this.#pass(poll),
			intervalSeconds: () => this.intervalSeconds,
			fleetSize: () => Math.max(this.#fleet.size, this.subject.wanted().size),
			identity: String(parts.random()),
			hinted: (hint) => this.counting.hint(hint),
		});
		this.#keepalive = new Keepalive(store, this.#keepaliveReports());
		this.#watching = new Watching(store, this.#watched, () => this.#loop.hint('reconnected'));
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
		// A grant or a put on its way may still be carried out: let it end. A pass that has nothing of ours in etcd is simply cut.
		const patience = setTimeout(
			() => this.#abort.abort(),
			this.leases.alive.length === 0 ? 0 : Math.min(callTimeoutMs, stopTimeoutMs / 2),
		);
		await this.#loop.stop();
		clearTimeout(patience);
		// Only now: a pass that still ended well has opened them once more.
		this.#keepalive.stop();
		this.#watching.stop();
		const clean = await withdrawAll({
			...this.parts,
			reconciler: this.reconciler,
			leases: this.leases,
			wanted: this.subject.wanted(),
			untilMs,
		});
		this.#journal.flush();
		store.close();
		return clean;
	}

	async #pass(poll: boolean): Promise<PassEnd> {
		const { clock, callTimeoutMs } = this.parts;
		const beganMs = clock.now();
		this.passBeganMs = beganMs;
		let failure: Error | null = null;
		try {
			const intervalMs = this.intervalSeconds * 1_000;
			const limitMs = Math.min(Math.max(intervalMs, 3 * callTimeoutMs), LONGEST_PASS_INTERVALS * intervalMs);
			await withDeadline(limitMs, (signal) => this.#reconcile(poll, signal), this.#abort.signal);
		} catch (error) {
			failure = error instanceof Error ? error : new Error(String(error));
		}
		const durationMs = clock.now() - beganMs;
		this.lastPass = { beganMs, durationMs, ok: failure === null };
		this.counting.pass(failure === null, durationMs / 1_000);
		if (this.#isStopping && failure !== null) return { ok: false, againInMs: null };
		return failure === null ? this.#passed() : this.#failed(failure, beganMs);
	}

	async #reconcile(poll: boolean, signal: AbortSignal): Promise<void> {
		await this.subject.prepare();
		await this.reconciler.pass(() => this.subject.wanted(), { retryDenied: poll, signal });
	}

	#passed(): PassEnd {
		this.lastError = null;
		// Where nothing is wanted nothing was asked, and nothing is known of etcd.
		if (this.subject.wanted().size > 0) this.#journal.passed();
		this.#keepalive.refresh(this.leases.current);
		if (this.parts.hints) this.#watching.refresh(this.subject.wanted().keys());
		void this.#fleet.count();
		const oneMore = this.subject.passed(true);
		this.#journal.flush();
		return { ok: true, againInMs: oneMore ? 0 : this.reconciler.nextLookInMs() };
	}

	#failed(error: Error, beganMs: number): PassEnd {
		this.lastError = error.message;
		this.#journal.failed(error, beganMs);
		this.subject.passed(false);
		this.#journal.flush();
		return { ok: false, againInMs: null };
	}

	/** A key that should be there went, or somebody else put it. Our own changes are no news. */
	readonly #watched: WatchListener['changed'] = (key, change) => {
		const isWanted = (this.subject.wanted().get(key) ?? null) !== null;
		const { sentValue, verifiedValue } = this.reconciler.memory.of(key);
		const isOurValue =
			change.type === 'put' && (change.value === sentValue || change.value === verifiedValue);
		const byUs = isOurValue && change.lease !== null && this.leases.isOurs(change.lease);
		if (isWanted && !byUs) this.#loop.hint('watch');
	};

	#keepaliveReports() {
		return {
			renewed: () => this.counting.keepalive(true),
			lost: (lease: string) => {
				this.leases.gone(lease);
				this.#loop.hint('lease_lost');
			},
			denied: (lease: string) => {
				if (lease === this.leases.current?.id) this.leases.retire();
			},
			trouble: () => {
				this.counting.keepalive(false);
				this.#loop.hint('keepalive');
			},
		};
	}
}
