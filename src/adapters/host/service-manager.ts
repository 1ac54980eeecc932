/**
 * Tells systemd how the process is, in the words of sd_notify(3), through the program `systemd-notify`: Node
 * has no datagram sockets of the kind that is needed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from '../../registrar/ports.js';

export interface ServiceManagerOptions {
	/** With NOTIFY_SOCKET, and PATH to find the program. */
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly logger: Logger;
	/** One sentence, asked for when it is about to be told. */
	readonly status: () => string;
}

/** Between two changes of the status that are told, and how long one may take. */
const EVERY_MS = 1_000;
const LIMIT_MS = 5_000;
/** Longer sentences are cut. */
const MOST_CHARACTERS = 400;

export class ServiceManager {
	#states: string[] = [];
	#told = '';
	#running: Promise<void> | null = null;
	#child: ChildProcess | null = null;
	#timer: NodeJS.Timeout | undefined;
	#isOver = false;
	#hasFailed = false;

	constructor(private readonly options: ServiceManagerOptions) {}

	/** `READY=1`, `STOPPING=1`: told at once, in this order, with the status beside it. */
	tell(state: 'READY=1' | 'STOPPING=1'): void {
		this.#states.push(state);
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#send();
	}

	/** The status may have changed: it is told a second later at most, once however often this is called. */
	changed(): void {
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			this.#send();
		}, EVERY_MS).unref();
	}

	/** Resolves when what was to be told is, or after so long: then it is cut. */
	async end(limitMs: number): Promise<void> {
		clearTimeout(this.#timer);
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, limitMs);
		});
		const told = async () => {
			while (this.#running !== null) await this.#running;
		};
		await Promise.race([told(), late]);
		clearTimeout(timer);
		this.#isOver = true;
		this.#child?.kill('SIGKILL');
	}

	/** One at a time, so that systemd hears them in order. */
	#send(): void {
		if (this.#running !== null || this.#isOver) return;
		const status = oneLine(this.options.status());
		const words = [...this.#states.splice(0), ...(status === this.#told ? [] : [`STATUS=${status}`])];
		if (words.length === 0) return;
		this.#told = status;
		this.#running = this.#run(words).then(() => {
			this.#running = null;
			if (this.#states.length > 0) this.#send();
		});
	}

	/** Never rejects. */
	#run(words: readonly string[]): Promise<void> {
		const { NOTIFY_SOCKET, PATH } = this.options.env;
		return new Promise((resolve) => {
			const child = spawn('systemd-notify', words, {
				...{ env: { NOTIFY_SOCKET, PATH }, stdio: 'ignore', timeout: LIMIT_MS, killSignal: 'SIGKILL' },
			});
			this.#child = child;
			child.once('error', (error: NodeJS.ErrnoException) => {
				this.#isOver ||= error.code === 'ENOENT';
				this.#failed(error.code === 'ENOENT' ? 'the program systemd-notify is not installed' : error.message);
				resolve();
			});
			child.once('exit', (code, signal) => {
				if (code !== 0) this.#failed(`systemd-notify ended with ${code ?? signal}`);
				resolve();
			});
		});
	}

	#failed(reason: string): void {
		if (!this.#hasFailed)
			this.options.logger.warn('NOTIFY_SOCKET is set, and systemd cannot be told how the process is', {
				reason,
			});
		this.#hasFailed = true;
	}
}

function oneLine(text: string): string {
	const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
	return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line;
}
