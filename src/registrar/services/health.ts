import { type Health, type HealthRule, observe, UNSEEN } from '../../core/health.js';
import { wait } from '../deadline.js';
import type { HealthCheck, Logger } from '../ports.js';

export interface HealthLoopOptions extends HealthRule {
	readonly check: HealthCheck;
	/** From the start of one check to the start of the next; one that takes longer is followed at once. */
	readonly intervalMs: number;
	/** Until it passes for the first time: the interval, where that is sooner. */
	readonly eagerMs?: number;
	/** A check without a result by then has failed. */
	readonly timeoutMs: number;
	/**
	 * Called at each change; `reason` is one sentence for people. It begins unhealthy, so the first call is
	 * always `true`.
	 */
	readonly onChange: (healthy: boolean, reason: string) => void;
	/** Called once, when it has not passed yet after as long as a healthy one takes to become unhealthy. */
	readonly onStillFailing?: (reason: string) => void;
	readonly logger: Logger;
}

/**
 * Checks a service at its interval for as long as it is started. Never two checks at once: one that is cut
 * gets its time-out once more to end in; only what ignores even that is left behind. A check or listener that
 * throws does not end the loop. After `stop()` nothing is called any more, the running check is aborted, and
 * no timer is left.
 */
export class HealthLoop {
	readonly #options: HealthLoopOptions;
	#health: Health = UNSEEN;
	#reason = 'not checked yet';
	#hasPassed = false;
	#failingMs = 0;
	/** Present while started. */
	#life: AbortController | null = null;

	constructor(options: HealthLoopOptions) {
		this.#options = options;
	}

	get healthy(): boolean {
		return this.#health.healthy;
	}

	/** What the last check found: one sentence for people, also while the state has not changed. */
	get reason(): string {
		return this.#reason;
	}

	/** Idempotent. */
	start(): void {
		if (this.#life !== null) return;
		this.#life = new AbortController();
		void this.#run(this.#life.signal);
	}

	/** Idempotent. What was seen counts no longer: started again, it begins unhealthy. */
	stop(): void {
		this.#life?.abort();
		this.#life = null;
		this.#health = UNSEEN;
		this.#hasPassed = false;
		this.#failingMs = 0;
		this.#reason = 'not checked yet';
	}

	async #run(stopped: AbortSignal): Promise<void> {
		while (!stopped.aborted) {
			const next = wait(this.#intervalMs, stopped);
			const { problem, over } = await this.#check(stopped);
			if (stopped.aborted) return;
			this.#take(problem);
			await Promise.all([next, over]);
		}
	}

	get #intervalMs(): number {
		const { intervalMs, eagerMs = intervalMs } = this.#options;
		return this.#hasPassed ? intervalMs : Math.min(intervalMs, eagerMs);
	}

	/** The result is there after the time-out at the latest; `over` resolves when another check may begin. */
	async #check(stopped: AbortSignal): Promise<{ problem: string | null; over: Promise<void> }> {
		const { check, timeoutMs } = this.#options;
		const cut = new AbortController();
		const result = settled(check, cut.signal);
		const bound = new AbortController();
		const problem = await Promise.race([
			result,
			wait(timeoutMs, stopped, bound.signal).then(() => undefined),
		]);
		bound.abort();
		if (problem !== undefined) return { problem, over: Promise.resolve() };
		cut.abort();
		const grace = new AbortController();
		const over = Promise.race([result.then(() => grace.abort()), wait(timeoutMs, stopped, grace.signal)]);
		return { problem: `no result within ${timeoutMs} ms`, over };
	}

	#take(problem: string | null): void {
		const { rise, fall, onChange } = this.#options;
		const { state, changed } = observe(this.#health, problem === null, { rise, fall });
		this.#health = state;
		this.#hasPassed ||= state.healthy;
		this.#reason = problem ?? 'the check passes';
		if (changed) this.#tell(() => onChange(state.healthy, this.#reason));
		else if (!this.#hasPassed) this.#wait(this.#reason);
	}

	#wait(reason: string): void {
		const { fall, intervalMs, onStillFailing } = this.#options;
		const before = this.#failingMs;
		this.#failingMs += this.#intervalMs;
		if (before < fall * intervalMs && this.#failingMs >= fall * intervalMs)
			this.#tell(() => onStillFailing?.(reason));
	}

	#tell(listener: () => void): void {
		try {
			listener();
		} catch (error) {
			this.#options.logger.error('a listener for a change of health threw', { error });
		}
	}
}

/** `null` = passed, else what is wrong. Never rejects. */
async function settled(check: HealthCheck, signal: AbortSignal): Promise<string | null> {
	try {
		await check.check(signal);
		return null;
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}
