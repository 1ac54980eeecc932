/** One thing for all who ask for it by the same key; it is closed when the last of them lets go. */
export class Shared<T extends { close(): unknown }> {
	readonly #held = new Map<string, { readonly thing: T; holders: number }>();

	/** `release` is idempotent. */
	take(key: string, open: () => T): { readonly thing: T; readonly release: () => void } {
		const held = this.#held.get(key) ?? { thing: open(), holders: 0 };
		this.#held.set(key, held);
		held.holders += 1;
		let released = false;
		const release = () => {
			if (released) return;
			released = true;
			held.holders -= 1;
			if (held.holders > 0) return;
			this.#held.delete(key);
			void held.thing.close();
		};
		return { thing: held.thing, release };
	}
}
