import type { Timeline } from '../stage/timeline.js';

type Path = '/readyz' | '/livez';

/** One answer of a probe; both times are `performance.now()`. */
interface Answer {
	readonly askedMs: number;
	readonly answeredMs: number;
	readonly code: number;
}

const EVERY_MS = 100;
/** What a busy machine may add between a read of etcd, an answer and the note of either. */
const SLACK_MS = 1_000;
/**
 * So late a busy machine may note what it saw: a key seen right by then was right when the answer said so.
 */
const NOTED_MS = 500;

/**
 * Asks `/readyz` and `/livez` again and again, and remembers every answer, to be held against what stood in
 * etcd at that time.
 */
export class Probes {
	readonly #answers: Record<Path, Answer[]> = { '/readyz': [], '/livez': [] };
	#stopped = false;
	readonly #ended: Promise<unknown>;

	constructor(private readonly url: string) {
		this.#ended = Promise.all([this.#run('/readyz'), this.#run('/livez')]);
	}

	/** The codes that came since that moment, each once. */
	codes(path: Path, fromMs = 0): number[] {
		return [
			...new Set(this.#answers[path].filter(({ askedMs }) => askedMs >= fromMs).map(({ code }) => code)),
		].sort((a, b) => a - b);
	}

	/**
	 * Each time `/readyz` said 200 though the key had not been seen right for longer than two intervals, one
	 * sentence. An etcd that shows nobody anything shows no right key either.
	 */
	lies(timeline: Pick<Timeline, 'changes'>, intervalMs: number): string[] {
		return this.#answers['/readyz'].flatMap(({ askedMs, answeredMs, code }) => {
			if (code !== 200) return [];
			const wrongMs = wrongSince(timeline.changes, answeredMs + NOTED_MS);
			if (wrongMs === null || askedMs - wrongMs <= 2 * intervalMs + SLACK_MS) return [];
			return [`200 when the key had not been right for ${Math.round(askedMs - wrongMs)} ms`];
		});
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		await this.#ended;
	}

	async #run(path: Path): Promise<void> {
		while (!this.#stopped) {
			const askedMs = performance.now();
			// No answer (a process that is stopped, or not there yet) is no answer: neither right nor wrong.
			const code = await ask(`${this.url}${path}`).catch(() => null);
			if (code !== null) this.#answers[path].push({ askedMs, answeredMs: performance.now(), code });
			await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
		}
	}
}

/** The code of one answer, at most two seconds from now. */
async function ask(url: string): Promise<number> {
	const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
	await answer.arrayBuffer();
	return answer.status;
}

/**
 * Since when the key has not been seen right without a break, as known at that moment; `null` = it was right.
 */
function wrongSince(changes: Timeline['changes'], atMs: number): number | null {
	const known = changes.filter((change) => change.atMs <= atMs);
	if (known.length === 0 || known.at(-1)?.mark === 'right') return null;
	const lastRight = known.findLastIndex(({ mark }) => mark === 'right');
	return known[lastRight + 1]?.atMs ?? null;
}
