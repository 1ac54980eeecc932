/** So much may wait for a reader that does not read; more would be memory lost to a log. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** After these nobody will ever read again; any other trouble (a full disk) may pass. */
const READER_GONE = new Set([
	'EPIPE',
	'ECONNRESET',
	'ERR_STREAM_DESTROYED',
	'ERR_STREAM_WRITE_AFTER_END',
	'EBADF',
]);

/**
 * The end of the log: a stream whose reader may be slow, stalled or gone, which must cost the process neither
 * its life nor its memory. Lines that find no room are dropped and counted; to a reader that is gone nothing
 * is written any more.
 */
export class LogSink {
	readonly stream: NodeJS.WriteStream;
	#gone = false;
	#dropped = 0;
	#untold = 0;

	/** `onRoom`: everything that waited has been read. */
	constructor(stream: NodeJS.WriteStream, onRoom: () => void) {
		this.stream = stream;
		unblock(stream);
		stream.on('error', (error: NodeJS.ErrnoException) => {
			if (READER_GONE.has(error.code ?? '')) this.#gone = true;
		});
		stream.on('drain', onRoom);
	}

	/** How many lines were dropped so far. */
	get dropped(): number {
		return this.#dropped;
	}

	/** Whether a line may be written, or, if it has to wait, may do so; if not, it counts as dropped. */
	admit(canWait = true): boolean {
		if (canWait && this.#hasRoom()) return true;
		this.#dropped += 1;
		this.#untold += 1;
		return false;
	}

	/** How many lines were dropped since this was asked last; 0 while there is no room to tell it. */
	takeUntold(): number {
		if (this.#untold === 0 || !this.#hasRoom()) return 0;
		const untold = this.#untold;
		this.#untold = 0;
		return untold;
	}

	/** Resolves once all that was written has been taken by the reader's end, or the reader is gone. */
	flushed(): Promise<void> {
		if (this.#gone) return Promise.resolve();
		return new Promise((resolve) => {
			this.stream.once('error', () => resolve());
			this.stream.write('', () => resolve());
		});
	}

	#hasRoom(): boolean {
		return !this.#gone && this.stream.writableLength < MAX_WAITING_BYTES;
	}
}

/**
 * Node writes to a terminal in the foreground of everything else: one that was stopped (Ctrl-S, a dead remote
 * session) would stop the whole process, and cost it its lease. Node has no public switch for this
 * (nodejs/node, lib/tty.js).
 */
function unblock(
	stream: NodeJS.WriteStream & { readonly _handle?: { setBlocking?(blocking: boolean): unknown } | null },
): void {
	if (stream.isTTY) stream._handle?.setBlocking?.(false);
}
