import { constants, fstatSync, openSync, type Stats, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { WriteStream } from 'node:tty';

/**
 * A stream to the same reader whose writes never wait for it. Whether a write waits is a property of the open
 * file description, and a command that inherits standard error shares ours: it needs writes that wait, as
 * most programs do, and we need writes that do not, or a stalled reader would stop our loop and cost the
 * lease.
 *
 * A pipe and a terminal are opened once more, which gives a description of our own. What cannot be (a Unix
 * socket, as systemd's journal gives it; a pipe of another user) gets a {@link SharedStream}. A file makes
 * nobody wait.
 */
export function ownStream(stream: NodeJS.WriteStream, descriptor: number): NodeJS.WriteStream {
	const isPipe = kindOf(descriptor)?.isFIFO() === true;
	if (!isPipe && !stream.isTTY && kindOf(descriptor)?.isSocket() !== true) return stream;
	try {
		if (stream.isTTY) return new WriteStream(reopened(descriptor));
		if (isPipe)
			return new Socket({
				fd: reopened(descriptor),
				readable: false,
				writable: true,
			}) as unknown as NodeJS.WriteStream;
	} catch {
		// Not ours to open.
	}
	const setBlocking = switchOf(stream);
	return setBlocking === null
		? stream
		: (new SharedStream(descriptor, setBlocking) as unknown as NodeJS.WriteStream);
}

/** `null` = it is closed. */
function kindOf(descriptor: number): Stats | null {
	try {
		return fstatSync(descriptor);
	} catch {
		return null;
	}
}

function reopened(descriptor: number): number {
	const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
	return openSync(`/proc/self/fd/${descriptor}`, flags);
}

type Switch = (blocking: boolean) => unknown;

/**
 * Node has no public switch for this (nodejs/node, lib/net.js). `null` = this stream has no handle of its
 * own.
 */
function switchOf(
	stream: NodeJS.WriteStream & { readonly _handle?: { setBlocking?: Switch } | null },
): Switch | null {
	const handle = stream._handle;
	return typeof handle?.setBlocking === 'function' ? handle.setBlocking.bind(handle) : null;
}

/** What found no room is tried again this often: the first time, and at most. */
const RETRY_MS = { first: 20, most: 500 } as const;

/**
 * Writes to a description that is shared with programs whose writes wait: it is switched for the few
 * microseconds of each write of ours. A program that begins a write to a full buffer within them sees EAGAIN,
 * which needs a stalled reader and a rare moment.
 */
export class SharedStream extends Writable {
	constructor(
		private readonly descriptor: number,
		private readonly setBlocking: Switch,
	) {
		super({ decodeStrings: true });
	}

	override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
		this.#writeFrom(chunk, RETRY_MS.first, done);
	}

	#writeFrom(rest: Buffer, waitMs: number, done: (error?: Error | null) => void): void {
		if (this.destroyed) return done();
		let written = 0;
		try {
			this.setBlocking(false);
			written = writeSync(this.descriptor, rest);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return done(error as Error);
		} finally {
			this.setBlocking(true);
		}
		if (written === rest.length) return done();
		const nextMs = written > 0 ? RETRY_MS.first : Math.min(2 * waitMs, RETRY_MS.most);
		setTimeout(() => this.#writeFrom(rest.subarray(written), nextMs, done), waitMs);
	}
}
