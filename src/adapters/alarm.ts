import { cronSlot } from './cron-slot.js';

/** So long the timer lets a cron slot be late before it goes without it. */
const SLACK_MS = 500;

/** Has `onSlot` called at the slot of this cron expression (UTC); `null` = can't. */
export type PlanSlot = (expression: string, onSlot: () => void) => { destroy(): unknown } | null;

export interface AlarmOptions {
	/** Whether waiting keeps the process alive. */
	readonly keepAlive: boolean;
	/** `null` = go by the timer alone. */
	readonly planSlot: PlanSlot | null;
}

/**
 * Calls `ring` once, `delayMs` from now by the monotonic clock, at most half a second later, and returns a function that takes
 * the call back (also after it was made). `ring` must not throw.
 *
 * Cron wakes us in the right second and a timer brings the rest of it. Cron goes by the wall clock, though, and falls silent
 * when that is set back or the application shuts cron down: a second timer then rings in its stead. Where there is no slot to
 * wait for, that timer is exact.
 */
export function setAlarm(
	delayMs: number,
	ring: () => void,
	{ keepAlive, planSlot }: AlarmOptions,
): () => void {
	const dueMs = performance.now() + delayMs;
	const timers: NodeJS.Timeout[] = [];
	let over = false;

	const after = (ms: number, callback: () => void): void => {
		const timer = setTimeout(callback, Math.ceil(ms));
		if (!keepAlive) timer.unref();
		timers.push(timer);
	};
	const ringOnce = (): void => {
		if (over) return;
		cancel();
		ring();
	};
	const onSlot = (): void => {
		if (over) return;
		const restMs = dueMs - performance.now();
		if (restMs > 0) after(restMs, ringOnce);
		else ringOnce();
	};
	const cancel = (): void => {
		over = true;
		slot?.destroy();
		for (const timer of timers) clearTimeout(timer);
	};

	const expression = planSlot === null ? null : cronSlot(Date.now(), delayMs);
	const slot = expression === null ? null : (planSlot?.(expression, onSlot) ?? null);
	after(slot === null ? delayMs : delayMs + SLACK_MS, ringOnce);
	return cancel;
}
