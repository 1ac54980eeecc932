/** What signals mean to a running registrar. */
import type { Context } from '../context.js';

/**
 * So soon after the first one the same signal is the same request: `timeout` and `npm` send it to the process and to its group, and
 * a second signal would leave the key behind.
 */
const ECHO_MS = 50;

export interface Signals {
	/** The first SIGTERM or SIGINT. */
	readonly first: Promise<NodeJS.Signals>;
	/** A second one: leave at once. */
	readonly second: Promise<void>;
}

/** Listens from now on. SIGUSR2 calls `toggle`. */
export function listenForSignals({ onSignal }: Context, toggle: () => void): Signals {
	let tellFirst: (signal: NodeJS.Signals) => void = () => {};
	let tellSecond: () => void = () => {};
	const first = new Promise<NodeJS.Signals>((resolve) => {
		tellFirst = resolve;
	});
	const second = new Promise<void>((resolve) => {
		tellSecond = resolve;
	});
	let earlier: { readonly signal: NodeJS.Signals; readonly atMs: number } | null = null;
	onSignal((signal) => {
		if (signal === 'SIGUSR2') return toggle();
		const nowMs = performance.now();
		const echo = earlier !== null && earlier.signal === signal && nowMs - earlier.atMs < ECHO_MS;
		if (earlier === null) tellFirst(signal);
		else if (!echo) tellSecond();
		earlier ??= { signal, atMs: nowMs };
	});
	return { first, second };
}
