/** Every wait has an end. */
import { setMaxListeners } from 'node:events';
import { StoreError } from '../core/errors.js';

/**
 * Runs the work with a signal that aborts at the deadline or with `outer`. Settles soon after either, also
 * when the work ignores its signal: what hangs is left behind.
 */
export async function withDeadline<T>(
	limitMs: number,
	work: (signal: AbortSignal) => Promise<T>,
	outer?: AbortSignal,
): Promise<T> {
	const inner = new AbortController();
	// Calls that travel together each listen to it; Node warns of more than ten.
	setMaxListeners(0, inner.signal);
	const abort = () => inner.abort();
	let timer: ReturnType<typeof setTimeout> | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new StoreError('timeout', `no answer within ${limitMs} ms`)), limitMs);
		if (outer?.aborted) reject(new StoreError('aborted', 'stopped'));
		outer?.addEventListener('abort', abort, { once: true });
		inner.signal.addEventListener('abort', () => reject(new StoreError('aborted', 'stopped')), {
			once: true,
		});
	});
	try {
		return await Promise.race([work(inner.signal), late]);
	} finally {
		clearTimeout(timer);
		outer?.removeEventListener('abort', abort);
		inner.abort();
	}
}

/** Resolves after `ms`, or as soon as one of the signals aborts. */
export function wait(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
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
