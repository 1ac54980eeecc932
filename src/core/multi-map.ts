/**
 * A map that has any number of values under a key. Where each key has one value, as almost all of ten thousand
 * services have, it takes hardly more memory than a map; adding and deleting take one step however many there
 * are.
 */
export class MultiMap<Key, Value> {
	readonly #single = new Map<Key, Value>();
	/** The keys that have, or had, two values or more. */
	readonly #several = new Map<Key, Set<Value>>();

	add(key: Key, value: Value): void {
		const several = this.#several.get(key);
		if (several !== undefined) several.add(value);
		else if (!this.#single.has(key)) this.#single.set(key, value);
		else {
			this.#several.set(key, new Set([...this.of(key), value]));
			this.#single.delete(key);
		}
	}

	delete(key: Key, value: Value): void {
		const several = this.#several.get(key);
		several?.delete(value);
		if (several?.size === 0) this.#several.delete(key);
		if (this.#single.get(key) === value) this.#single.delete(key);
	}

	/** In the order of adding; none where nothing was added. */
	of(key: Key): Iterable<Value> {
		const single = this.#single.get(key);
		return this.#several.get(key) ?? (single === undefined ? [] : [single]);
	}
}
