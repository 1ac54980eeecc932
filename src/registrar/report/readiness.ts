/**
 * Those who wait for a state of the registrar: that every wanted key was verified, that a pause is confirmed.
 */

/** `waiting`, or why the wait is over: `ready`, or the error that makes waiting hopeless. */
export type Readiness = 'waiting' | 'ready' | Error;

export class Waiting {
	readonly #waiters = new Set<() => void>();

	/** Rejects with `signal`'s reason when it aborts first. */
	until(readiness: () => Readiness, signal?: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			if (signal?.aborted) return reject(signal.reason);
			const end = (settle: () => void) => {
				this.#waiters.delete(tell);
				signal?.removeEventListener('abort', abort);
				settle();
			};
			const abort = () => end(() => reject(signal?.reason));
			const tell = () => {
				const now = readiness();
				if (now === 'ready') end(resolve);
				else if (now !== 'waiting') end(() => reject(now));
			};
			this.#waiters.add(tell);
			signal?.addEventListener('abort', abort, { once: true });
			tell();
		});
	}

	/** Something may have changed. */
	recheck(): void {
		for (const tell of [...this.#waiters]) tell();
	}
}
