/**
 * Connecting as RFC 8305 ("happy eyeballs") does: who has not answered in time gets company, the first answer wins. No vendor here:
 * an attempt is a promise and a way to abandon it.
 */
import { StoreError } from '../../core/errors.js';

export interface Attempt<T> {
	readonly answer: Promise<T>;
	/** Told to every attempt that did not win. */
	abandon(): void;
}

export interface RaceOptions<T> {
	/** Starts the next attempt: `fresh` = on an endpoint that this race has not tried yet. */
	readonly start: () => Attempt<T>;
	/** How many attempts go to endpoints not tried yet: so many may follow a failed one at once. */
	readonly distinct: number;
	/** Without an answer for so long, an attempt gets company. */
	readonly patienceMs: number;
	/** At most one more attempt in so long. */
	readonly everyMs: number;
	/** All attempts together take at most so long. */
	readonly limitMs: number;
	/** An error that is an answer all the same (permission denied) ends the race; others count as no answer. */
	readonly isAnswer: (error: unknown) => boolean;
	readonly signal?: AbortSignal | undefined;
}

export function race<T>(options: RaceOptions<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		const running = new Set<Attempt<T>>();
		let started = 0;
		let company: ReturnType<typeof setTimeout> | undefined;
		const limit = setTimeout(
			() => end(() => reject(new StoreError('timeout', `no answer within ${options.limitMs} ms`))),
			options.limitMs,
		);
		const aborted = () => end(() => reject(new StoreError('aborted', 'stopped')));

		const end = (settle: () => void, winner?: Attempt<T>) => {
			clearTimeout(company);
			clearTimeout(limit);
			options.signal?.removeEventListener('abort', aborted);
			for (const attempt of running) if (attempt !== winner) attempt.abandon();
			running.clear();
			settle();
		};

		const startNext = () => {
			const attempt = options.start();
			started += 1;
			running.add(attempt);
			clearTimeout(company);
			company = setTimeout(startNext, started === 1 ? options.patienceMs : options.everyMs);
			attempt.answer.then(
				(value) => running.has(attempt) && end(() => resolve(value), attempt),
				(error: unknown) => running.has(attempt) && failed(attempt, error),
			);
		};

		const failed = (attempt: Attempt<T>, error: unknown) => {
			if (options.isAnswer(error)) return end(() => reject(error), attempt);
			running.delete(attempt);
			attempt.abandon();
			if (started < options.distinct) return startNext();
			if (running.size === 0) end(() => reject(error));
		};

		if (options.signal?.aborted) return aborted();
		options.signal?.addEventListener('abort', aborted, { once: true });
		startNext();
	});
}
