/** Chance from one number: the same seed, the same world. */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = (seed ^ 0x9e3779b9) >>> 0;
		for (let n = 0; n < 4; n += 1) this.next();
	}

	/** In [0, 1), as `Math.random` (mulberry32). */
	readonly next = (): number => {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};

	/** Another stream of numbers: what one part draws changes nothing for the others. */
	fork(): Random {
		return new Random(Math.floor(this.next() * 2 ** 32));
	}

	chance(part: number): boolean {
		return this.next() < part;
	}

	/** Whole, both ends included. */
	int(from: number, to: number): number {
		return from + Math.floor(this.next() * (to - from + 1));
	}

	between(from: number, to: number): number {
		return from + this.next() * (to - from);
	}

	/** Evenly over the orders of magnitude. */
	logBetween(from: number, to: number): number {
		return from * (to / from) ** this.next();
	}

	pick<T>(items: readonly [T, ...T[]]): T {
		return items[Math.floor(this.next() * items.length)] as T;
	}

	/** By weight. */
	weighed<T>(items: readonly (readonly [weight: number, item: T])[]): T {
		let left = this.next() * items.reduce((sum, [weight]) => sum + weight, 0);
		for (const [weight, item] of items) {
			left -= weight;
			if (left < 0) return item;
		}
		return (items.at(-1) as readonly [number, T])[1];
	}

	some<T>(items: readonly T[], part: number): T[] {
		return items.filter(() => this.chance(part));
	}
}
