/**
 * Connecting as RFC 8305 ("happy eyeballs") does: who has not answered in time gets company, the first answer
 * wins. No vendor here: an attempt is a promise.
 */
import { StoreError } from '../../../core/errors.js';

export interface Attempt<T> {
	readonly answer: Promise<T>;
	/** Resolves once its connection stands; left out where that is so from the start. */
	readonly connected?: Promise<unknown>;
}

/** Why another attempt is wanted: the race begins, nobody answered in time, or one failed. */
export type Why = 'begin' | 'company' | 'failed';

/** What an attempt rejects with whose answer will do only if no better one comes. */
export class SecondChoice<T> extends Error {
	constructor(readonly take: () => T) {
		super('second choice');
	}
}

export interface RaceOptions<T> {
	/** Starts the next attempt; `null` = there is nothing to try now. What it throws counts as a failure. */
	readonly next: (why: Why) => Attempt<T> | null;
	/** Without an answer for so long, the first attempt gets company. */
	readonly patienceMs: number;
	/** At most one more attempt in so long. */
	readonly everyMs: number;
	/** All attempts together take at most so long. */
	readonly limitMs: number;
	/** A second choice waits so long for a better answer. */
	readonly secondChoiceMs: number;
	/** An error that is an answer all the same (permission denied) ends the race; others count as no answer. */
	readonly isAnswer: (error: unknown) => boolean;
	readonly signal?: AbortSignal | undefined;
}

export function race<T>(options: RaceOptions<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		const running = new Set<Attempt<T>>();
		const failures: unknown[] = [];
		let second: SecondChoice<T> | null = null;
		let started = 0;
		let company: ReturnType<typeof setTimeout> | undefined;
		let better: ReturnType<typeof setTimeout> | undefined;

		const end = (settle: () => void) => {
			for (const timer of [company, better, limit]) clearTimeout(timer);
			options.signal?.removeEventListener('abort', aborted);
			running.clear();
			settle();
		};
		const giveUp = () =>
			end(second === null ? () => reject(mostTelling(failures)) : () => resolve(second?.take() as T));
		const aborted = () => end(() => reject(new StoreError('aborted', 'stopped')));
		const limit = setTimeout(() => {
			failures.push(new StoreError('timeout', `no answer within ${options.limitMs} ms`));
			giveUp();
		}, options.limitMs);

		/** The next attempt, if nothing else is started, comes in so long. */
		const wait = (ms: number) => {
			clearTimeout(company);
			company = setTimeout(() => {
				if (!startNext('company')) wait(options.everyMs);
			}, ms);
		};
		const made = (why: Why): Attempt<T> | null => {
			try {
				return options.next(why);
			} catch (error) {
				failures.push(error);
				return null;
			}
		};
		const startNext = (why: Why): boolean => {
			const attempt = made(why);
			if (attempt === null) return false;
			started += 1;
			running.add(attempt);
			wait(started === 1 ? options.patienceMs : options.everyMs);
			attempt.answer.then(
				(value) => running.has(attempt) && end(() => resolve(value)),
				(error: unknown) => running.has(attempt) && failed(attempt, error),
			);
			const beganMs = performance.now();
			// On a link on which connecting takes long the answer does too.
			attempt.connected?.then(
				() => running.has(attempt) && wait(Math.max(options.everyMs, performance.now() - beganMs)),
				() => undefined,
			);
			return true;
		};
		const failed = (attempt: Attempt<T>, error: unknown) => {
			if (options.isAnswer(error)) return end(() => reject(error));
			running.delete(attempt);
			if (error instanceof SecondChoice) {
				second ??= error;
				better ??= setTimeout(giveUp, options.secondChoiceMs);
			} else failures.push(error);
			if (!startNext('failed') && running.size === 0) giveUp();
		};

		if (options.signal?.aborted) return aborted();
		options.signal?.addEventListener('abort', aborted, { once: true });
		while (startNext('begin'));
		if (started === 0) giveUp();
	});
}

/**
 * A server that is something else says nothing of the etcd that another endpoint may be: the last error of
 * another kind, and that.
 */
function mostTelling(failures: readonly unknown[]): unknown {
	const isStranger = (error: unknown): error is StoreError =>
		error instanceof StoreError && error.code === 'not-etcd';
	const last = failures.findLast((error) => !isStranger(error));
	const stranger = failures.findLast(isStranger);
	if (last === undefined) return stranger ?? new StoreError('unreachable', 'no connection to etcd');
	return stranger !== undefined && last instanceof StoreError
		? new StoreError(last.code, `${last.message}; ${stranger.message}`, { cause: last.cause })
		: last;
}
