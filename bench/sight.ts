import { Etcd3 } from 'etcd3';

/**
 * A watch over everything, open before anybody starts: tells when a key below a prefix is put. For an etcd
 * that nothing happens to.
 */
export class Sight {
	readonly #client: Etcd3;
	readonly #waiting = new Set<{ readonly prefix: string; readonly seen: (atMs: number) => void }>();

	private constructor(endpoint: string) {
		this.#client = new Etcd3({ hosts: endpoint });
	}

	static async open(endpoint: string): Promise<Sight> {
		const sight = new Sight(endpoint);
		const watcher = await sight.#client.watch().prefix('').create();
		watcher.on('put', ({ key }) => {
			const atMs = performance.now();
			const text = key.toString();
			for (const wait of sight.#waiting) if (text.startsWith(wait.prefix)) wait.seen(atMs);
		});
		return sight;
	}

	/**
	 * Resolves to the moment (`performance.now()`) of the first put below the prefix from now on; `NaN` when
	 * none came in time.
	 */
	first(prefix: string, limitMs = 20_000): Promise<number> {
		return new Promise((resolve) => {
			const end = (atMs: number) => {
				clearTimeout(timer);
				this.#waiting.delete(wait);
				resolve(atMs);
			};
			const timer = setTimeout(() => end(Number.NaN), limitMs);
			const wait = { prefix, seen: end };
			this.#waiting.add(wait);
		});
	}

	close(): void {
		this.#client.close();
	}
}
