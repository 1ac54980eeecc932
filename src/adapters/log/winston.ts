import type { Logform } from 'winston';
import { plainFields, plainText } from '../../core/log/log-fields.js';
import { type LogLine, logLine, prettyLine } from '../../core/log/log-line.js';
import { LOG_LEVELS, type LogFormat, type LogLevel } from '../../core/settings/config.js';
import type { Logger } from '../../registrar/ports.js';
import { LogSink } from './sink.js';

/**
 * Loading winston takes 30 ms of the processor, which the first registration shall have for itself: lines
 * wait so long at most.
 */
const LOAD_AFTER_MS = 250;
/** So many lines may wait for winston. */
const MAX_WAITING_LINES = 10_000;
const COLOURS = { error: 'red', warn: 'yellow', info: 'green', debug: 'cyan', dim: 'dim' };

export interface LogOptions {
	readonly level: LogLevel;
	readonly format: LogFormat;
	readonly stream: NodeJS.WriteStream;
}

/**
 * The command's log. Telling never throws, never waits, and never ends the process, whatever becomes of the
 * log's reader.
 */
export interface Log extends Logger {
	/**
	 * Loads winston, through which every line goes, and writes the lines that waited for it. Called by itself
	 * with the first line of level error, by `close`, and a quarter of a second after the first line. Never
	 * rejects.
	 */
	load(): Promise<void>;
	/**
	 * Resolves once the reader's end has taken every line, at most after `limitMs`. Then leave by
	 * `process.exitCode`, not by `process.exit()`. Lines told later are written too, if the process lives long
	 * enough.
	 */
	close(limitMs: number): Promise<void>;
	/** How many lines were dropped because the reader was stalled or gone. */
	readonly dropped: number;
}

/**
 * A log that writes to `stream` in this format; colours only where the stream has them (a terminal,
 * `NO_COLOR` not set).
 */
export function createLog(options: LogOptions): Log {
	return new StreamLog(options);
}

class StreamLog implements Log {
	readonly #options: LogOptions;
	readonly #level: number;
	readonly #sink: LogSink;
	/** Lines told before winston is there. */
	readonly #waiting: LogLine[] = [];
	/** `null` = winston is not loaded. */
	#write: ((line: LogLine) => unknown) | null = null;
	#loadTimer: NodeJS.Timeout | undefined;
	#loading: Promise<void> | undefined;

	constructor(options: LogOptions) {
		this.#options = options;
		this.#level = LOG_LEVELS.indexOf(options.level);
		this.#sink = new LogSink(options.stream, () => this.#tellDropped());
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
		clearTimeout(this.#loadTimer);
		this.#loading ??= this.#load();
		return this.#loading;
	}

	async close(limitMs: number): Promise<void> {
		let limit: NodeJS.Timeout | undefined;
		const limited = new Promise<void>((resolve) => {
			limit = setTimeout(resolve, limitMs);
		});
		const written = this.#waiting.length > 0 || this.#loading ? this.load() : Promise.resolve();
		await Promise.race([limited, written.then(() => this.#sink.flushed())]);
		clearTimeout(limit);
	}

	#tell(level: LogLevel, message: string, fields: Record<string, unknown> = {}): void {
		if (LOG_LEVELS.indexOf(level) > this.#level) return;
		try {
			if (!this.#sink.admit(this.#waiting.length < MAX_WAITING_LINES)) return;
			this.#tellDropped();
			const stacks = this.#options.level === 'debug';
			this.#put(logLine(Date.now(), level, plainText(String(message)), plainFields(fields, { stacks })));
		} catch {
			// The work that is told of goes on, told or not.
		}
	}

	#tellDropped(): void {
		if (this.#write === null) return;
		const dropped = this.#sink.takeUntold();
		const message = 'log lines were dropped: nobody read them in time';
		if (dropped > 0) this.#put(logLine(Date.now(), 'warn', message, { dropped }));
	}

	/** The timer keeps the process alive: what was told is written even by one that has nothing more to do. */
	#put(line: LogLine): void {
		if (this.#write !== null) return void this.#write(line);
		this.#waiting.push(line);
		if (line.level === 'error') void this.load();
		else if (this.#loading === undefined)
			this.#loadTimer ??= setTimeout(() => void this.load(), LOAD_AFTER_MS);
	}

	async #load(): Promise<void> {
		try {
			const { createLogger, format, transports } = await import('winston');
			const winston = createLogger({
				level: 'debug',
				format: this.#format(format),
				transports: [new transports.Stream({ stream: this.#options.stream, eol: '\n' })],
			});
			winston.on('error', () => {});
			// A turn later it passes each line on at once and keeps none: what waits then waits in the stream,
			// where it is counted.
			await new Promise(setImmediate);
			this.#open((line) => winston.log(line));
		} catch (error) {
			const { stream } = this.#options;
			this.#open((line) => stream.write(`${JSON.stringify(line)}\n`));
			this.warn('winston is not usable, lines are written as plain JSON', { error });
		}
	}

	#open(write: (line: LogLine) => unknown): void {
		this.#write = write;
		for (const line of this.#waiting.splice(0)) write(line);
		this.#tellDropped();
	}

	/**
	 * Without winston's `timestamp` and `errors`: when a line is printed, the moment it tells of and its errors
	 * may have changed.
	 */
	#format(format: typeof Logform.format): Logform.Format {
		const { stream, format: wanted } = this.#options;
		// In the order of the fields, which else would be that of the alphabet.
		if (wanted === 'json') return format.json({ deterministic: false });
		const hasColours = stream.isTTY === true && stream.hasColors();
		const painter = format.colorize({ colors: COLOURS });
		return format.printf((info) =>
			prettyLine(info as unknown as LogLine, (colour, text) =>
				hasColours ? painter.colorize(colour, text) : text,
			),
		);
	}
}
