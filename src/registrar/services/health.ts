import { type Health, type HealthRule, observe, UNSEEN } from '../../core/health.js';
import type { HealthCheck, Logger } from '../ports.js';

export interface HealthLoopOptions extends HealthRule {
	readonly check: HealthCheck;
	/** From the start of one look to the start of the next; a look that takes longer is followed at once. */
	readonly intervalMs: number;
	/** Until it is well for the first time: the interval, where that is sooner. */
	readonly eagerMs?: number;
	/** A look without a verdict by then has failed. */
	readonly timeoutMs: number;
	/**
	 * Told at each turn; `reason` is one sentence for people. It begins unwell, so the first call is always
	 * `true`.
	 */
	readonly onChange: (healthy: boolean, reason: string) => void;
	/** Told once, when it has not been well for the first time by when one that was well would have turned. */
	readonly onStillUnwell?: (reason: string) => void;
	readonly logger: Logger;
}

/**
 * Looks at a service at its interval for as long as it is started. Never two looks at once: one that is cut
 * gets its time-out once more to end in; only what ignores even that is left behind. A check or listener that
 * throws does not end the loop. After `stop()` nothing is called any more, the running look is aborted, and
 * no timer is left.
 */
export class HealthLoop {
	readonly #options: HealthLoopOptions;
	#health: Health = UNSEEN;
	#reason = 'not checked yet';
	#wasWell = false;
	#unwellMs = 0;
	/** Present while started. */
	#life: AbortController | null = null;

	constructor(options: HealthLoopOptions) {
		this.#options = options;
	}

	get healthy(): boolean {
		return this.#health.healthy;
	}

	/** What the last look found: one sentence for people, also while the state has not turned. */
	get reason(): string {
		return this.#reason;
	}

	/** Idempotent. */
	start(): void {
		if (this.#life !== null) return;
		this.#life = new AbortController();
		void this.#run(this.#life.signal);
	}

	/** Idempotent. What was seen counts no longer: started again, it begins unwell. */
	stop(): void {
		this.#life?.abort();
		this.#life = null;
		this.#health = UNSEEN;
		this.#wasWell = false;
		this.#unwellMs = 0;
		this.#reason = 'not checked yet';
	}

	async #run(stopped: AbortSignal): Promise<void> {
		while (!stopped.aborted) {
			const next = wait(this.#intervalMs, stopped);
			const { problem, over } = await this.#look(stopped);
			if (stopped.aborted) return;
			this.#take(problem);
			await Promise.all([next, over]);
		}
	}

	get #intervalMs(): number {
		const { intervalMs, eagerMs = intervalMs } = this.#options;
		return this.#wasWell ? intervalMs : Math.min(intervalMs, eagerMs);
	}

	/** The verdict is there after the time-out at the latest; `over` resolves when another look may begin. */
	async #look(stopped: AbortSignal): Promise<{ problem: string | null; over: Promise<void> }> {
		const { check, timeoutMs } = this.#options;
		const cut = new AbortController();
		const verdict = settled(check, cut.signal);
		const bound = new AbortController();
		const problem = await Promise.race([
			verdict,
			wait(timeoutMs, stopped, bound.signal).then(() => undefined),
		]);
		bound.abort();
		if (problem !== undefined) return { problem, over: Promise.resolve() };
		cut.abort();
		const grace = new AbortController();
		const over = Promise.race([verdict.then(() => grace.abort()), wait(timeoutMs, stopped, grace.signal)]);
		return { problem: `no verdict within ${timeoutMs} ms`, over };
	}

	#take(problem: string | null): void {
		const { rise, fall, onChange } = this.#options;
		const { state, changed } = observe(this.#health, problem === null, { rise, fall });
		this.#health = state;
		this.#wasWell ||= state.healthy;
		this.#reason = problem ?? 'the check passes';
		if (changed) this.#tell(() => onChange(state.healthy, this.#reason));
		else if (!this.#wasWell) this.#wait(this.#reason);
	}

	#wait(reason: string): void {
		const { fall, intervalMs, onStillUnwell } = this.#options;
		const before = this.#unwellMs;
		this.#unwellMs += this.#intervalMs;
		if (before < fall * intervalMs && this.#unwellMs >= fall * intervalMs)
			this.#tell(() => onStillUnwell?.(reason));
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

/** Resolves after `ms`, or as soon as one of the signals aborts. */
function wait(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
	return new Promise((resolve) => {
		const end = () => {
			clearTimeout(timer);
			for (const signal of signals) signal.removeEventListener('abort', end);
			resolve();
		};
		const timer = setTimeout(end, ms);
		for (const signal of signals) signal.addEventListener('abort', end);
		if (signals.some((signal) => signal.aborted)) end();
	});
}
