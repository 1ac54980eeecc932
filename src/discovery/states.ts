/** The newest state and those who wait for one: whoever is slow skips states, nothing queues. */
import type { Instance } from '../core/formats/index.js';

type State = readonly Instance[];

export class States {
	readonly #waiting = new Set<() => void>();
	#version = 0;
	#state: State = [];
	#closed = false;

	set(state: State): void {
		this.#state = state;
		this.#version += 1;
		this.#wake();
	}

	close(): void {
		this.#closed = true;
		this.#wake();
	}

	/** The first state after so many; `null` = there will be none. Rejects with the signal's reason. */
	after(
		version: number,
		signal?: AbortSignal,
	): Promise<{ readonly version: number; readonly state: State } | null> {
		return new Promise((resolve, reject) => {
			const check = () => {
				if (signal?.aborted) settle(() => reject(signal.reason));
				else if (this.#version > version)
					settle(() => resolve({ version: this.#version, state: this.#state }));
				else if (this.#closed) settle(() => resolve(null));
			};
			const settle = (how: () => void) => {
				this.#waiting.delete(check);
				signal?.removeEventListener('abort', check);
				how();
			};
			this.#waiting.add(check);
			signal?.addEventListener('abort', check, { once: true });
			check();
		});
	}

	/** Written by hand, not as a generator: `return()` must not wait for the next state. */
	iterate(): AsyncIterableIterator<State> {
		const over = new AbortController();
		let seen = 0;
		const end = async (): Promise<IteratorResult<State>> => {
			over.abort();
			return { done: true, value: undefined };
		};
		return {
			next: async () => {
				if (this.#closed) return end();
				const next = await this.after(seen, over.signal).catch(() => null);
				if (next === null) return end();
				seen = next.version;
				return { done: false, value: next.state };
			},
			return: end,
			[Symbol.asyncIterator]() {
				return this;
			},
		};
	}

	#wake(): void {
		for (const check of [...this.#waiting]) check();
	}
}
