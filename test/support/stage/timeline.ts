import type { Gateway, SeenKey } from '../etcd/gateway.js';
import { until } from '../until.js';

/** What a read showed: the key as it should be, another, none; or etcd did not answer. */
export type Mark = 'right' | 'wrong' | 'absent' | 'unseen';

/**
 * Reads a key every few milliseconds and remembers each change of what it shows. All times are
 * `performance.now()`.
 */
export class Timeline {
	readonly #changes: { readonly atMs: number; readonly mark: Mark }[] = [];
	#stopped = false;
	#ended: Promise<void>;

	constructor(
		private readonly gateway: Pick<Gateway, 'get'>,
		private readonly key: string,
		private readonly isRight: (seen: SeenKey) => boolean,
		private readonly everyMs = 10,
	) {
		this.#ended = this.#run();
	}

	get changes(): readonly { readonly atMs: number; readonly mark: Mark }[] {
		return this.#changes;
	}

	get now(): Mark {
		return this.#changes.at(-1)?.mark ?? 'unseen';
	}

	/** What the last read showed that etcd answered. */
	get lastSeen(): Mark {
		return this.#changes.findLast(({ mark }) => mark !== 'unseen')?.mark ?? 'unseen';
	}

	/** Resolves at the first read that shows the key right. */
	async right(limitMs = 30_000): Promise<void> {
		try {
			await until(() => this.now === 'right', { limitMs, everyMs: 5 });
		} catch (cause) {
			throw new Error(`${this.key} was not right within ${limitMs} ms: ${this.text()}`, { cause });
		}
	}

	/**
	 * Milliseconds from `fromMs` to the moment from which the key was right without a break; 0 = it always was.
	 * A read without an answer is no break. @throws when it is not right now
	 */
	rightForGoodAfter(fromMs: number): number {
		if (this.now !== 'right') throw new Error(`${this.key} is not right: ${this.text()}`);
		const seen = this.#changes.filter(({ mark }) => mark !== 'unseen');
		const lastWrong = seen.findLastIndex(({ mark }) => mark !== 'right');
		const since = seen[lastWrong + 1]?.atMs ?? 0;
		// etcd that only now answers: nobody could see the key before.
		const silent = this.#changes.findLast(({ atMs, mark }) => mark === 'unseen' && atMs < fromMs);
		const seenAgain =
			silent === undefined
				? 0
				: (this.#changes.find(({ atMs, mark }) => atMs > silent.atMs && mark !== 'unseen')?.atMs ?? 0);
		return Math.max(0, since - fromMs, seenAgain - fromMs);
	}

	/** The marks seen from that moment on, each once, the one that held at that moment among them. */
	marksSince(fromMs: number): Set<Mark> {
		const before = this.#changes.findLast(({ atMs }) => atMs <= fromMs);
		return new Set(
			[...(before ? [before] : []), ...this.#changes.filter(({ atMs }) => atMs > fromMs)].map(
				({ mark }) => mark,
			),
		);
	}

	/** For how many milliseconds since that moment the key was seen missing or wrong. */
	notRightMs(fromMs: number): number {
		return this.#changes.reduce((sum, { atMs, mark }, index) => {
			const untilMs = this.#changes[index + 1]?.atMs ?? performance.now();
			const bad = mark === 'absent' || mark === 'wrong';
			return sum + (bad ? Math.max(0, untilMs - Math.max(atMs, fromMs)) : 0);
		}, 0);
	}

	/** For people: each change with its time since the first. */
	text(): string {
		const first = this.#changes[0]?.atMs ?? 0;
		return this.#changes.map(({ atMs, mark }) => `${mark} at ${Math.round(atMs - first)} ms`).join(', ');
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		await this.#ended;
	}

	async #run(): Promise<void> {
		while (!this.#stopped) {
			const mark = await this.#read();
			if (mark !== this.now || this.#changes.length === 0)
				this.#changes.push({ atMs: performance.now(), mark });
			await new Promise((resolve) => setTimeout(resolve, this.everyMs));
		}
	}

	async #read(): Promise<Mark> {
		try {
			const seen = await this.gateway.get(this.key);
			if (seen === null) return 'absent';
			return this.isRight(seen) ? 'right' : 'wrong';
		} catch {
			return 'unseen';
		}
	}
}
