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

	/**
	 * `name` `null` = all. What is paused already keeps its beginning, and, where no reason is given, its
	 * reason. `true` = something has changed.
	 */
	pause(name: string | null, reason: string | null, nowMs: number): boolean {
		const next = (former: Pause | null): Pause => ({
			reason: reason ?? former?.reason ?? null,
			sinceMs: former?.sinceMs ?? nowMs,
		});
		const isNews = (former: Pause | null) => former === null || former.reason !== next(former).reason;
		if (name !== null) {
			const former = this.of(name);
			this.#named.set(name, next(former));
			return isNews(former);
		}
		const formers = [this.all, ...this.#named.values()];
		this.all = next(this.all);
		for (const [each, former] of this.#named)
			if (former === null) this.#named.delete(each);
			else this.#named.set(each, next(former));
		return formers.some(isNews);
	}

	/** `true` = something has changed. */
	resume(name: string | null): boolean {
		if (name === null) {
			const isNews = !this.isIdle;
			this.all = null;
			this.#named.clear();
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
}
