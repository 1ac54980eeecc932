/**
 * What node-cron does here: it fires in the second, by the wall clock, in which the next tick is due, as a
 * task of its own for each tick (one repeating expression is even for some thirty intervals only).
 * What it cannot: parts of a second (a timer brings the rest); a wall clock that is set back, an application
 * that shuts cron down (a timer by the monotonic clock fires half a second later); the hour that a time zone
 * repeats in autumn (`cronSlot` leaves it to the timer).
 */
import { untilNextTick } from '../core/pace.js';
import type { Logger, Schedule } from '../registrar/ports.js';

type NodeCron = typeof import('node-cron');

/** As `SERVICE_TTL` allows. Beyond 24.8 days a timer would overflow and fire at once. */
const LONGEST_SECONDS = 86_400;
/** So long the timer lets a cron slot be late before it goes without it. */
const SLACK_MS = 500;

export interface CronScheduleOptions {
	readonly logger: Logger;
	/** Whether a running schedule keeps the process alive. @default true */
	readonly keepAlive?: boolean;
}

interface Ticking {
	readonly intervalMs: number;
	/** The moment of the first tick, by the monotonic clock. All others come whole intervals after it. */
	readonly anchorMs: number;
	readonly tick: () => void;
}

/**
 * No gap between two ticks is longer than the interval + 1 s, whatever happens to the wall clock, to
 * node-cron or to the process.
 * A tick that throws is logged and the ticks go on.
 *
 * Intervals are whole seconds in 1..86400; longer ones tick once a day. Of node-cron's process-wide state
 * only the registry is touched, and with one task of our own: no logger is set, nothing of the application's
 * is listed or shut down.
 */
export class CronSchedule implements Schedule {
	readonly #logger: Logger;
	readonly #keepAlive: boolean;
	#cancelNext: () => void = () => {};
	/** `null` = not loaded yet, or not usable: a timer alone carries the ticks. */
	#cron: NodeCron | null = null;
	#cronAsked = false;

	constructor({ logger, keepAlive = true }: CronScheduleOptions) {
		this.#logger = logger;
		this.#keepAlive = keepAlive;
	}

	start(intervalSeconds: number, firstDelayMs: number, tick: () => void): void {
		this.stop();
		const intervalMs = Math.min(intervalSeconds, LONGEST_SECONDS) * 1000;
		const ticking = { intervalMs, anchorMs: performance.now() + firstDelayMs, tick };
		if (!this.#cronAsked) void this.#load();
		this.#arm(ticking, firstDelayMs);
	}

	stop(): void {
		this.#cancelNext();
	}

	/** The next call is planned before the tick runs: nothing that the tick does can prevent it. */
	#arm(ticking: Ticking, delayMs: number): void {
		const onTime = (): void => {
			this.#arm(ticking, untilNextTick(performance.now(), ticking.anchorMs, ticking.intervalMs));
			try {
				ticking.tick();
			} catch (error) {
				this.#tell('error', 'a tick of the schedule failed', { error });
			}
		};
		this.#cancelNext = callAt(delayMs, onTime, {
			keepAlive: this.#keepAlive,
			planSlot: this.#cron === null ? null : this.#planSlot(this.#cron),
		});
	}

	/** Any lateness is tolerated: node-cron would leave a late slot out and wait for the next, a month away. */
	#planSlot(cron: NodeCron): PlanSlot {
		return (expression, onSlot) => {
			try {
				return cron.schedule(expression, onSlot, {
					timezone: 'UTC',
					missedExecutionTolerance: Number.MAX_SAFE_INTEGER,
					suppressMissedWarning: true,
					logger: this.#cronLogger,
					unref: !this.#keepAlive,
				});
			} catch (error) {
				this.#goWithoutCron(error);
				return null;
			}
		};
	}

	async #load(): Promise<void> {
		this.#cronAsked = true;
		try {
			this.#cron = await import('node-cron');
		} catch (error) {
			this.#goWithoutCron(error);
		}
	}

	#goWithoutCron(error: unknown): void {
		this.#cron = null;
		this.#tell('warn', 'node-cron is not usable, the schedule goes on by a timer alone', { error });
	}

	/** A logger of this task's own that never throws: one that does would end the task without a word. */
	readonly #cronLogger = {
		debug: (message: string | Error): void => this.#tell('debug', 'node-cron', { detail: message }),
		info: (message: string): void => this.#tell('debug', 'node-cron', { detail: message }),
		warn: (message: string): void => this.#tell('warn', 'node-cron', { detail: message }),
		error: (message: string | Error, error?: Error): void =>
			this.#tell('warn', 'node-cron', { detail: message, error }),
	};

	#tell(level: 'debug' | 'warn' | 'error', message: string, fields: Record<string, unknown>): void {
		try {
			this.#logger[level](message, fields);
		} catch {
			// A logger that fails must not stop the ticks, and there is nobody left to tell.
		}
	}
}

/** Has `onSlot` called at the slot of this cron expression (UTC); `null` = can't. */
type PlanSlot = (expression: string, onSlot: () => void) => { destroy(): unknown } | null;

interface CallOptions {
	/** Whether waiting keeps the process alive. */
	readonly keepAlive: boolean;
	/** `null` = go by the timer alone. */
	readonly planSlot: PlanSlot | null;
}

/**
 * Calls `onTime` once, `delayMs` from now by the monotonic clock, at most half a second later, and returns a
 * function that takes the call back (also after it was made). `onTime` must not throw.
 */
function callAt(delayMs: number, onTime: () => void, { keepAlive, planSlot }: CallOptions): () => void {
	const dueMs = performance.now() + delayMs;
	const timers: NodeJS.Timeout[] = [];
	let over = false;

	const after = (ms: number, callback: () => void): void => {
		const timer = setTimeout(callback, Math.ceil(ms));
		if (!keepAlive) timer.unref();
		timers.push(timer);
	};
	const callOnce = (): void => {
		if (over) return;
		cancel();
		onTime();
	};
	const onSlot = (): void => {
		if (over) return;
		const restMs = dueMs - performance.now();
		if (restMs > 0) after(restMs, callOnce);
		else callOnce();
	};
	const cancel = (): void => {
		over = true;
		slot?.destroy();
		for (const timer of timers) clearTimeout(timer);
	};

	const expression = planSlot === null ? null : cronSlot(Date.now(), delayMs);
	const slot = expression === null ? null : (planSlot?.(expression, onSlot) ?? null);
	after(slot === null ? delayMs : delayMs + SLACK_MS, callOnce);
	return cancel;
}

/**
 * The cron expression (second minute hour day, in UTC) of the whole second in which the moment `delayMs` from
 * now falls, or `null` where cron cannot carry it. Without a month: when a slot comes, node-cron looks for
 * the next one, day by day, and a month is soon over.
 *
 * `null` in two cases. The slot is not after the current second: node-cron would take it for one of next
 * month. Or it lies in the hour that the host's time zone repeats in autumn: node-cron 4.6 cuts off the
 * milliseconds in local time, which leads an hour back there, and then wakes up about 900 times a second
 * until the hour is over.
 */
export function cronSlot(wallMs: number, delayMs: number): string | null {
	const slotMs = Math.floor((wallMs + delayMs) / 1000) * 1000;
	if (slotMs <= wallMs || new Date(slotMs).setMilliseconds(0) !== slotMs) return null;
	const slot = new Date(slotMs);
	return `${slot.getUTCSeconds()} ${slot.getUTCMinutes()} ${slot.getUTCHours()} ${slot.getUTCDate()} * *`;
}
