/**
 * When a pass runs: at each tick of a fixed interval, retries of a failed pass inside it, and hints that make
 * the same pass run early. Knows two things of its subject: how to run a pass and what the interval is.
 */
import { fullJitter, hintSpread, phase, retryCap } from '../../core/pace.js';
import type { Hint } from '../events.js';
import type { Clock, Schedule } from '../ports.js';
import { Trigger } from './trigger.js';

export interface PassEnd {
	/** `false` = etcd did not let it come to an end: try again soon. */
	readonly ok: boolean;
	/** Another pass is due after so many milliseconds (standing by); `null` = at the next tick. */
	readonly againInMs: number | null;
}

export interface LoopOptions {
	/** Never rejects and always ends: */
	readonly pass: () => Promise<PassEnd>;
	/** Seconds; may change when a lease was granted with another TTL than asked for. */
	readonly intervalSeconds: () => number;
	/** How many keys the fleet has: a large one spreads its retries and hints. */
	readonly fleetSize: () => number;
	/** What tells this instance from others: its place in the interval. */
	readonly identity: string;
	/** `false` = only the poll and its retries. */
	readonly hints: boolean;
	readonly hinted: (hint: Hint) => void;
	readonly schedule: Schedule;
	readonly clock: Clock;
	readonly random: () => number;
}

/** A longer one fires at once (Node: `TIMEOUT_MAX`); a foreign lease may be granted for years. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Loop {
	readonly #trigger: Trigger;
	#attempts = 0;
	#scheduledSeconds: number | null = null;
	#retry: ReturnType<typeof setTimeout> | undefined;
	#again: ReturnType<typeof setTimeout> | undefined;
	#wake: ReturnType<typeof setTimeout> | undefined;
	#stopped = false;

	constructor(private readonly options: LoopOptions) {
		this.#trigger = new Trigger(() => this.#pass(), options.clock);
	}

	/**
	 * The first pass, at once, and the schedule, which waits for no pass: one that hangs must not delay it.
	 */
	start(): void {
		this.#keepSchedule();
		if (this.options.hints) this.#listenForStalls();
		void this.#trigger.now();
	}

	/** A pass that the token bucket does not delay; resolves when it has ended. */
	now(): Promise<void> {
		return this.#trigger.now();
	}

	hint(hint: Hint): void {
		if (!this.options.hints || this.#stopped) return;
		this.options.hinted(hint);
		this.#trigger.hint(hintSpread(this.options.fleetSize(), this.options.random));
	}

	/** No pass begins after this call; resolves when the running one has ended. */
	async stop(): Promise<void> {
		this.#stopped = true;
		this.options.schedule.stop();
		clearTimeout(this.#retry);
		clearTimeout(this.#again);
		clearTimeout(this.#wake);
		await this.#trigger.stop();
	}

	async #pass(): Promise<void> {
		clearTimeout(this.#retry);
		clearTimeout(this.#again);
		const { ok, againInMs } = await this.options.pass();
		if (this.#stopped) return;
		this.#keepSchedule();
		this.#attempts = ok ? 0 : this.#attempts + 1;
		if (!ok) this.#retry = setTimeout(() => void this.#trigger.now(), this.#retryMs());
		else if (againInMs !== null)
			this.#again = setTimeout(() => void this.#trigger.now(), Math.min(againInMs, LONGEST_TIMER_MS));
	}

	#retryMs(): number {
		const { intervalSeconds, fleetSize, random } = this.options;
		return fullJitter(this.#attempts - 1, retryCap(intervalSeconds() * 1_000, fleetSize()), random);
	}

	/** At the start, and when the granted TTL is another than the schedule's. */
	#keepSchedule(): void {
		const seconds = this.options.intervalSeconds();
		if (seconds === this.#scheduledSeconds) return;
		this.#scheduledSeconds = seconds;
		this.options.schedule.start(
			seconds,
			phase(this.options.identity, seconds * 1_000),
			() => void this.#trigger.now(),
		);
	}

	/**
	 * A timer that comes a third of an interval late: the process or the machine was stopped, and the lease may
	 * be gone.
	 */
	#listenForStalls(): void {
		const everyMs = (this.options.intervalSeconds() * 1_000) / 3;
		const dueMs = this.options.clock.now() + everyMs;
		this.#wake = setTimeout(() => {
			if (this.options.clock.now() - dueMs > everyMs) this.hint('wake_up');
			this.#listenForStalls();
		}, everyMs);
	}
}
