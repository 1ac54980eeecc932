/**
 * When etcd is read: at the start, then at an interval of its own, sooner at a hint, and after a failure
 * again and again. One read at a time; hints that come during one make exactly one more. No event is handed
 * to a read: it observes everything anew.
 */

import type { Clock } from '../core/pace.js';
import { fullJitter, type Random, untilNextTick } from '../core/pace.js';

/** Hints come in flocks (a rolling restart): at most one read in so long. */
const LEAST_GAP_MS = 100;
/**
 * Reads that take long cost etcd or the link a lot: hints then wait for as many times their duration. One
 * alone may have waited for etcd to start.
 */
const GAP_PER_DURATION = 3;
const RETRY_CAP_MS = 1_000;

export interface ReaderParts {
	/** Reads once; resolves to whether etcd answered. Never rejects. */
	readonly read: (signal: AbortSignal) => Promise<boolean>;
	readonly clock: Clock;
	readonly random: Random;
	readonly pollMs: number;
}

export class PollingReader {
	readonly #stop = new AbortController();
	readonly #anchorMs: number;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#dueMs = Number.POSITIVE_INFINITY;
	#reading = false;
	#hinted = false;
	/** Asked for during a read. */
	#latestMs = Number.POSITIVE_INFINITY;
	#failures = 0;
	#lastTookMs = 0;
	/** No hint makes a read begin before this. */
	#quietUntilMs = 0;

	constructor(private readonly parts: ReaderParts) {
		// Readers that start together do not read together.
		this.#anchorMs = parts.clock.now() + parts.random() * parts.pollMs;
	}

	start(): void {
		this.#arm(this.parts.clock.now());
	}

	/** Something may have changed. */
	hint(): void {
		if (this.#reading) this.#hinted = true;
		else this.#arm(Math.max(this.parts.clock.now(), this.#quietUntilMs));
	}

	/** The next read begins at this moment at the latest. */
	atLatest(ms: number): void {
		if (this.#reading) this.#latestMs = ms;
		else this.#arm(Math.max(ms, this.#quietUntilMs));
	}

	/** No read begins after this, and the running one is cut. Idempotent. */
	stop(): void {
		clearTimeout(this.#timer);
		this.#stop.abort();
	}

	#arm(atMs: number): void {
		if (this.#stop.signal.aborted || this.#reading || atMs >= this.#dueMs) return;
		this.#dueMs = atMs;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#run(), Math.max(0, Math.ceil(atMs - this.parts.clock.now())));
	}

	async #run(): Promise<void> {
		const { clock, random, pollMs, read } = this.parts;
		this.#dueMs = Number.POSITIVE_INFINITY;
		this.#reading = true;
		this.#hinted = false;
		this.#latestMs = Number.POSITIVE_INFINITY;
		const beganMs = clock.now();
		const answered = await read(this.#stop.signal);
		const endedMs = clock.now();
		this.#reading = false;
		const tookMs = endedMs - beganMs;
		const gapMs = Math.min(pollMs, GAP_PER_DURATION * Math.min(tookMs, this.#lastTookMs));
		this.#lastTookMs = tookMs;
		this.#quietUntilMs = Math.max(beganMs + LEAST_GAP_MS, answered ? endedMs + gapMs : 0);
		if (answered) this.#failures = 0;
		this.#arm(
			answered
				? endedMs + untilNextTick(endedMs, this.#anchorMs, pollMs)
				: Math.max(
						beganMs + LEAST_GAP_MS,
						endedMs + fullJitter(this.#failures++, Math.min(pollMs, RETRY_CAP_MS), random),
					),
		);
		this.atLatest(this.#latestMs);
		if (this.#hinted) this.hint();
	}
}
