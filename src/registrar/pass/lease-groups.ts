/** Which keys share a lease: at most 500, and all keys of one service together. */
export const KEYS_PER_LEASE = 500;

export class LeaseGroups {
	readonly #groupOf = new Map<string, number>();
	/** Number of keys, by group. */
	readonly #sizes: number[] = [];
	#arranged: Iterable<readonly string[]> | null = null;

	/**
	 * Gives every key a group. `services`: the keys of each service; the same object as before = nothing has
	 * changed. A key that has a group keeps it, a service's new keys join the group of its others, and keys
	 * that are not named any more leave theirs.
	 */
	arrange(services: Iterable<readonly string[]>): void {
		if (services === this.#arranged) return;
		this.#arranged = services;
		const left = new Set(this.#groupOf.keys());
		for (const keys of services) for (const key of keys) left.delete(key);
		for (const key of left) this.#leave(key);
		for (const keys of services) {
			const missing = keys.filter((key) => !this.#groupOf.has(key));
			if (missing.length === 0) continue;
			const known = keys.map((key) => this.#groupOf.get(key)).find((group) => group !== undefined);
			const group = known ?? this.#withRoom(missing.length);
			for (const key of missing) this.#join(key, group);
		}
	}

	/** Of a key that is not arranged (any more) the group that it would join. */
	of(key: string): number {
		return this.#groupOf.get(key) ?? this.#withRoom(1);
	}

	isUsed(group: number): boolean {
		return (this.#sizes[group] ?? 0) > 0;
	}

	#withRoom(count: number): number {
		const found = this.#sizes.findIndex((size) => size === 0 || size + count <= KEYS_PER_LEASE);
		return found < 0 ? this.#sizes.length : found;
	}

	#join(key: string, group: number): void {
		this.#groupOf.set(key, group);
		this.#sizes[group] = (this.#sizes[group] ?? 0) + 1;
	}

	#leave(key: string): void {
		const group = this.#groupOf.get(key);
		if (group === undefined) return;
		this.#groupOf.delete(key);
		this.#sizes[group] = (this.#sizes[group] ?? 1) - 1;
	}
}
