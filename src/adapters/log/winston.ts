import type { Logger as Winston } from 'winston';
import { plainFields, plainText } from '../../core/log/log-fields.js';
import { jsonLine, type LogEntry, prettyLine } from '../../core/log/log-line.js';
import { LOG_LEVELS, type LogFormat, type LogLevel } from '../../core/settings/config.js';
import type { Logger } from '../../registrar/ports.js';
import { LogSink } from './sink.js';

export interface LogOptions {
	readonly level: LogLevel;
	readonly format: LogFormat;
	readonly stream: NodeJS.WriteStream;
}

/** The command's log. Telling never throws, never waits, and never ends the process, whatever becomes of the log's reader. */
export interface Log extends Logger {
	/**
	 * Loads winston, through which every later line goes. Those told before are written without it, in the same form: it takes 30 ms and
	 * 4 MiB to load, and neither the first pass nor the peak of memory at the start need have that too. Never rejects.
	 */
	load(): Promise<void>;
	/**
	 * Resolves once the reader's end has taken every line, at most after `limitMs`. Then leave by `process.exitCode`, not by
	 * `process.exit()`. Lines told later are written too, if the process lives long enough.
	 */
	close(limitMs: number): Promise<void>;
	/** How many lines were dropped because the reader was stalled or gone. */
	readonly dropped: number;
}

/** A log that writes to `stream` in this format; colours only where the stream has them (a terminal, `NO_COLOR` not set). */
export function createLog({ level, format, stream }: LogOptions): Log {
	const colours = format === 'pretty' && stream.isTTY === true && stream.hasColors();
	return new StreamLog(level, stream, format === 'json' ? jsonLine : (entry) => prettyLine(entry, colours));
}

class StreamLog implements Log {
	readonly #level: number;
	readonly #render: (entry: LogEntry) => string;
	readonly #sink: LogSink;
	/** `null` = not loaded: lines go straight to the sink. */
	#winston: Winston | null = null;
	#loading: Promise<void> | undefined;
	#closing: Promise<void> | undefined;

	constructor(level: LogLevel, stream: NodeJS.WriteStream, render: (entry: LogEntry) => string) {
		this.#level = LOG_LEVELS.indexOf(level);
		this.#render = render;
		this.#sink = new LogSink(stream, () => this.#tellDropped());
	}

	get dropped(): number {
		return this.#sink.dropped;
	}

	debug(message: string, fields?: Record<string, unknown>): void {
		this.#tell('debug', message, fields);
	}
	info(message: string, fields?: Record<string, unknown>): void {
		this.#tell('info', message, fields);
	}
	warn(message: string, fields?: Record<string, unknown>): void {
		this.#tell('warn', message, fields);
	}
	error(message: string, fields?: Record<string, unknown>): void {
		this.#tell('error', message, fields);
	}

	load(): Promise<void> {
		this.#loading ??= this.#load();
		return this.#loading;
	}

	close(limitMs: number): Promise<void> {
		this.#closing ??= this.#close(limitMs);
		return this.#closing;
	}

	#tell(level: LogLevel, message: string, fields: Record<string, unknown> = {}): void {
		if (LOG_LEVELS.indexOf(level) > this.#level) return;
		try {
			if (!this.#sink.admit()) return;
			this.#tellDropped();
			const stacks = LOG_LEVELS[this.#level] === 'debug';
			this.#put({
				timeMs: Date.now(),
				level,
				message: plainText(String(message)),
				fields: plainFields(fields, { stacks }),
			});
		} catch {
			// The work that is told of goes on, told or not.
		}
	}

	#tellDropped(): void {
		const dropped = this.#sink.takeUntold();
		if (dropped > 0)
			this.#put({
				timeMs: Date.now(),
				level: 'warn',
				message: 'log lines were dropped: nobody read them in time',
				fields: { dropped },
			});
	}

	#put(entry: LogEntry): void {
		if (this.#winston !== null) this.#winston.log({ level: entry.level, message: entry.message, entry });
		else this.#sink.write(this.#render(entry));
	}

	async #load(): Promise<void> {
		try {
			const { createLogger, format, transports } = await import('winston');
			const winston = createLogger({
				level: 'debug',
				format: format.printf(({ entry }) => this.#render(entry as LogEntry)),
				transports: [new transports.Stream({ stream: this.#sink.stream, eol: '\n' })],
			});
			winston.on('error', () => {});
			// A turn later it passes each line on at once and keeps none: what waits then waits in the stream, where it is counted.
			await new Promise(setImmediate);
			if (this.#closing === undefined) this.#winston = winston;
		} catch (error) {
			this.warn('winston is not usable, lines are written without it', { error });
		}
	}

	async #close(limitMs: number): Promise<void> {
		const winston = this.#winston;
		this.#winston = null;
		let limit: NodeJS.Timeout | undefined;
		const limited = new Promise<void>((resolve) => {
			limit = setTimeout(resolve, limitMs);
		});
		const ended = new Promise<void>((resolve) => {
			if (winston === null) resolve();
			else winston.once('finish', resolve).end();
		});
		await Promise.race([limited, ended.then(() => this.#sink.flushed())]);
		clearTimeout(limit);
	}
}
