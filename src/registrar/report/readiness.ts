/** Those who wait until every wanted key was verified. */

/** `waiting`, or why the wait is over: `ready`, or the error that makes waiting hopeless. */
export type Readiness = 'waiting' | 'ready' | Error;

export class Waiting {
	readonly #looks = new Set<() => void>();

	constructor(private readonly readiness: () => Readiness) {}

	/** Rejects with `signal`'s reason when it aborts first. */
	until(signal?: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			const end = (settle: () => void) => {
				this.#looks.delete(look);
				signal?.removeEventListener('abort', look);
				settle();
			};
			const look = () => {
				if (signal?.aborted) return end(() => reject(signal.reason));
				const readiness = this.readiness();
				if (readiness === 'ready') end(resolve);
				else if (readiness !== 'waiting') end(() => reject(readiness));
			};
			this.#looks.add(look);
			signal?.addEventListener('abort', look, { once: true });
			look();
		});
	}

	/** Something may have changed. */
	look(): void {
		for (const look of [...this.#looks]) look();
	}
}
