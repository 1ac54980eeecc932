/**
 * What happened, in order: the last lines in words, and all of them in one number, by which two runs are
 * compared.
 */
import type { SimulatedTime } from './time.js';

export class Trace {
	readonly #lines: string[] = [];
	#hash = 0x811c9dc5;
	#count = 0;

	constructor(
		private readonly time: SimulatedTime,
		private readonly most: number,
	) {}

	get hash(): string {
		return `${this.#count}-${(this.#hash >>> 0).toString(16)}`;
	}

	get lines(): readonly string[] {
		return this.#lines.slice(-this.most);
	}

	add(who: string, text: string): void {
		const line = `${(this.time.now() / 1_000).toFixed(4).padStart(9)} ${who.padEnd(6)} ${text}`;
		this.#count += 1;
		let hash = this.#hash;
		for (let at = 0; at < line.length; at += 1) hash = Math.imul(hash ^ line.charCodeAt(at), 0x01000193);
		this.#hash = hash;
		this.#lines.push(line);
		if (this.#lines.length > 2 * this.most) this.#lines.splice(0, this.most);
	}
}
