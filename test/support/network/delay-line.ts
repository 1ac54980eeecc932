/** `ms` to `ms + jitterMs`, both in milliseconds. */
export interface Delay {
	readonly ms: number;
	readonly jitterMs: number;
}

/**
 * Carries out what is put in, each after its delay, in the order in which it came; nothing while it is held.
 */
export class DelayLine {
	readonly #queue: { readonly due: number; readonly act: () => void }[] = [];
	readonly #delay: () => Delay;
	#held = false;
	#timer: NodeJS.Timeout | null = null;

	constructor(delay: () => Delay) {
		this.#delay = delay;
	}

	put(act: () => void): void {
		const { ms, jitterMs } = this.#delay();
		const due = performance.now() + ms + Math.random() * jitterMs;
		this.#queue.push({ due: Math.max(due, this.#queue.at(-1)?.due ?? 0), act });
		if (!this.#timer) this.#drain();
	}

	hold(on: boolean): void {
		this.#held = on;
		if (!on && !this.#timer) this.#drain();
	}

	#drain(): void {
		this.#timer = null;
		for (let next = this.#queue[0]; next && !this.#held; next = this.#queue[0]) {
			const wait = next.due - performance.now();
			if (wait > 0) {
				this.#timer = setTimeout(() => this.#drain(), Math.ceil(wait));
				return;
			}
			this.#queue.shift();
			next.act();
		}
	}
}
