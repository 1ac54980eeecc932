/** Those who wait until every wanted key was verified. */

/** `waiting`, or why the wait is over: `ready`, or the error that makes waiting hopeless. */
export type Readiness = 'waiting' | 'ready' | Error;

export class Waiting {
	readonly #waiters = new Set<(readiness: Readiness) => void>();

	constructor(private readonly readiness: () => Readiness) {}

	/** Rejects with `signal`'s reason when it aborts first. */
	until(signal?: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			if (signal?.aborted) return reject(signal.reason);
			const end = (settle: () => void) => {
				this.#waiters.delete(tell);
				signal?.removeEventListener('abort', abort);
				settle();
			};
			const abort = () => end(() => reject(signal?.reason));
			const tell = (readiness: Readiness) => {
				if (readiness === 'ready') end(resolve);
				else if (readiness !== 'waiting') end(() => reject(readiness));
			};
			this.#waiters.add(tell);
			signal?.addEventListener('abort', abort, { once: true });
			tell(this.readiness());
		});
	}

	/** Something may have changed. */
	look(): void {
		if (this.#waiters.size === 0) return;
		const readiness = this.readiness();
		for (const tell of [...this.#waiters]) tell(readiness);
	}
}
