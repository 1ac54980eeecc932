/** What signals mean to a running registrar. */
import type { Context } from '../context.js';

/**
 * So soon after the first one a signal is the same request: `timeout` and `npm` send it to the process and to
 * its group, systemd may send SIGHUP right after SIGTERM, and taken for a second signal it would leave the
 * key behind.
 */
const ECHO_MS = 50;

const STOPS: ReadonlySet<string> = new Set(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);

export interface Signals {
	/** The first signal that stops. */
	readonly first: Promise<NodeJS.Signals>;
	/** A second one: leave at once. */
	readonly second: Promise<void>;
}

export interface SignalUse {
	/** SIGUSR2. */
	readonly toggle: () => void;
	/** Says whether it took the signal; what is not taken stops, or does nothing. */
	readonly pass?: (signal: NodeJS.Signals) => boolean;
}

/** Listens from now on. */
export function listenForSignals(
	{ onSignal }: Pick<Context, 'onSignal'>,
	{ toggle, pass }: SignalUse,
): Signals {
	let tellFirst: (signal: NodeJS.Signals) => void = () => {};
	let tellSecond: () => void = () => {};
	const first = new Promise<NodeJS.Signals>((resolve) => {
		tellFirst = resolve;
	});
	const second = new Promise<void>((resolve) => {
		tellSecond = resolve;
	});
	let earlierMs: number | null = null;
	onSignal((signal) => {
		if (signal === 'SIGUSR2') return toggle();
		if (pass?.(signal) || !STOPS.has(signal)) return;
		if (earlierMs === null) {
			tellFirst(signal);
			// What arrived together is handled in one turn of the loop, however long its work takes.
			earlierMs = Number.POSITIVE_INFINITY;
			setImmediate(() => (earlierMs = performance.now()));
		} else if (performance.now() - earlierMs >= ECHO_MS) tellSecond();
	});
	return { first, second };
}
