/**
 * Log lines of one message within a second become one, so that a fault that repeats itself (10,000 repairs, an
 * hour's outage) stays readable.
 */
import type { Clock, Logger } from '../ports.js';

type Level = 'info' | 'warn' | 'error';
type Fields = Readonly<Record<string, unknown>>;

interface Line {
	readonly level: Level;
	readonly message: string;
	/** Of the first one. */
	readonly fields: Fields;
	readonly keys: string[];
	times: number;
}

/** Lines of one kind are at least so far apart. */
const EVERY_MS = 1_000;
/** Named in one line at most. */
const MOST_KEYS = 10;

export class Lines {
	readonly #unsaid = new Map<string, Line>();
	readonly #saidAtMs = new Map<string, number>();
	#timer: NodeJS.Timeout | undefined;

	constructor(
		private readonly logger: Logger,
		private readonly clock: Clock,
	) {}

	/** Written by the next `write()`. */
	say(level: Level, message: string, fields: Fields): void {
		const kind = `${message} ${fields.reason ?? ''}`;
		const line = this.#unsaid.get(kind) ?? { level, message, fields, keys: [], times: 0 };
		line.times += 1;
		const { key } = fields;
		if (typeof key === 'string' && line.keys.length < MOST_KEYS && !line.keys.includes(key))
			line.keys.push(key);
		this.#unsaid.set(kind, line);
	}

	/** One line for each kind; a kind of which one was written within a second follows by itself. */
	write(): void {
		const now = this.clock.now();
		for (const [kind, atMs] of this.#saidAtMs) if (now - atMs >= EVERY_MS) this.#saidAtMs.delete(kind);
		for (const [kind, { level, message, fields, keys, times }] of this.#unsaid) {
			if (this.#saidAtMs.has(kind)) continue;
			this.#saidAtMs.set(kind, now);
			this.#unsaid.delete(kind);
			this.logger[level](
				message,
				times === 1 ? fields : { ...fields, ...(keys.length > 1 && { keys }), times },
			);
		}
		if (this.#unsaid.size > 0) this.#timer ??= setTimeout(() => this.#later(), EVERY_MS).unref();
	}

	/** All that is left, now. */
	end(): void {
		this.#saidAtMs.clear();
		this.write();
		clearTimeout(this.#timer);
	}

	#later(): void {
		this.#timer = undefined;
		this.write();
	}
}
