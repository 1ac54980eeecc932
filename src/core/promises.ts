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

/**
 * For what a function of the application returned where nothing is expected: an async function fits the type
 * as well, and a promise that rejects unheard ends the process. Returns whether it is a promise, of whatever
 * kind. @throws what reading its `then` throws
 */
export function onRejection(returned: unknown, rejected: (error: unknown) => void): boolean {
	if ((typeof returned !== 'object' || returned === null) && typeof returned !== 'function') return false;
	if (typeof Reflect.get(returned, 'then') !== 'function') return false;
	Promise.resolve(returned).then(undefined, rejected);
	return true;
}
