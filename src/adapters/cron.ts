import { nextBeat } from '../core/beat.js';
import type { Logger, Schedule } from '../registrar/ports.js';
import { type PlanSlot, setAlarm } from './alarm.js';

type NodeCron = typeof import('node-cron');

/** node-cron is loaded so long after the first start: the first pass has the processor for itself, and a timer can wait too. */
const LOAD_AFTER_MS = 1000;
/** As `SERVICE_TTL` allows. Beyond 24.8 days a timer would overflow and fire at once. */
const LONGEST_SECONDS = 86_400;

export interface CronScheduleOptions {
	readonly logger: Logger;
	/** Whether a running schedule keeps the process alive. @default true */
	readonly keepAlive?: boolean;
}

interface Beat {
	readonly intervalMs: number;
	/** The moment of the first tick, by the monotonic clock. All others lie whole intervals after it. */
	readonly anchorMs: number;
	readonly tick: () => void;
}

/**
 * The beat of the loop, carried by node-cron and watched by a timer: no gap is longer than the interval + 1 s, whatever happens
 * to the wall clock, to node-cron or to the process. A tick that throws is logged and the beat goes on.
 *
 * Intervals are whole seconds in 1..86400; longer ones beat once a day. Of node-cron's process-wide state only the registry is
 * touched, and with one task of our own: no logger is set, nothing of the application's is listed or shut down.
 */
export class CronSchedule implements Schedule {
	readonly #logger: Logger;
	readonly #keepAlive: boolean;
	#cancelAlarm: () => void = () => {};
	#loadTimer: NodeJS.Timeout | undefined;
	#cron: NodeCron | null = null;
	#cronAsked = false;

	constructor({ logger, keepAlive = true }: CronScheduleOptions) {
		this.#logger = logger;
		this.#keepAlive = keepAlive;
	}

	start(intervalSeconds: number, firstDelayMs: number, tick: () => void): void {
		this.stop();
		const intervalMs = Math.min(intervalSeconds, LONGEST_SECONDS) * 1000;
		const beat = { intervalMs, anchorMs: performance.now() + firstDelayMs, tick };
		if (!this.#cronAsked) this.#loadTimer = setTimeout(() => void this.#load(), LOAD_AFTER_MS).unref();
		this.#arm(beat, firstDelayMs);
	}

	stop(): void {
		this.#cancelAlarm();
		clearTimeout(this.#loadTimer);
	}

	/** The next alarm is set before the tick runs, so nothing that the tick does can leave the beat without one. */
	#arm(beat: Beat, delayMs: number): void {
		const ring = (): void => {
			this.#arm(beat, nextBeat(performance.now(), beat.anchorMs, beat.intervalMs));
			try {
				beat.tick();
			} catch (error) {
				this.#tell('error', 'a tick of the schedule failed', { error });
			}
		};
		this.#cancelAlarm = setAlarm(delayMs, ring, {
			keepAlive: this.#keepAlive,
			planSlot: this.#cron === null ? null : this.#planSlot(this.#cron),
		});
	}

	/** Any lateness is tolerated: node-cron would leave a late slot out and wait for the next one, a year away. */
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
			// A logger that fails must not stop the beat, and there is nobody left to tell.
		}
	}
}
