import { StoreError } from './errors.js';

/** Waits for the work, or until the signal aborts: then the waiting ends, and the work is left to itself. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
	if (signal === undefined) return work;
	return new Promise((resolve, reject) => {
		const aborted = () => reject(new StoreError('aborted', 'stopped'));
		if (signal.aborted) aborted();
		signal.addEventListener('abort', aborted, { once: true });
		work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
	});
}
