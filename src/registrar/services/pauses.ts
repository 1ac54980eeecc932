/** Which services are withdrawn on request. The last request that concerns a service counts. */

export interface Pause {
	/** For people: one line; `null` = none was given. */
	readonly reason: string | null;
	/** Monotonic milliseconds. */
	readonly sinceMs: number;
}

export class Pauses {
	/** Of every service that has no entry of its own, those of the future too. */
	all: Pause | null = null;
	/** By name of the service: paused, or brought back while everything else is paused. */
	readonly #named = new Map<string, Pause | null>();

	/** `name` `null` = all. A pause without a reason keeps the one in force. `true` = something has changed. */
	pause(name: string | null, reason: string | null, nowMs: number): boolean {
		const former = name === null ? this.all : this.of(name);
		const next = { reason: reason ?? former?.reason ?? null, sinceMs: former?.sinceMs ?? nowMs };
		const isNews =
			former === null || former.reason !== next.reason || (name === null && this.#named.size > 0);
		if (name === null) this.#setAll(next);
		else this.#named.set(name, next);
		return isNews;
	}

	/** `true` = something has changed. */
	resume(name: string | null): boolean {
		if (name === null) {
			const isNews = this.all !== null || this.#named.size > 0;
			this.#setAll(null);
			return isNews;
		}
		const isNews = this.of(name) !== null;
		if (this.all === null) this.#named.delete(name);
		else this.#named.set(name, null);
		return isNews;
	}

	of(name: string): Pause | null {
		const named = this.#named.get(name);
		return named === undefined ? this.all : named;
	}

	/** Nothing is paused. */
	get isIdle(): boolean {
		return this.all === null && this.#named.size === 0;
	}

	isNamed(name: string): boolean {
		return this.#named.has(name);
	}

	/** What was asked for in the name of a service ends with the last service of that name. */
	forget(name: string): void {
		this.#named.delete(name);
	}

	/** Where there is no service the request for all of them alone tells. */
	everything(names: Iterable<string>): boolean {
		let isEmpty = true;
		for (const name of names) {
			if (this.of(name) === null) return false;
			isEmpty = false;
		}
		return !isEmpty || this.all !== null;
	}

	#setAll(pause: Pause | null): void {
		this.all = pause;
		this.#named.clear();
	}
}
