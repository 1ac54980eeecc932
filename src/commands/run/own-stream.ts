import { constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';

/**
 * A stream to the same reader with a file description of its own, where the stream is a pipe. Whether a write waits is a property
 * of the description, and ours is shared with the command: it needs writes that wait, as most programs do, and we need writes that
 * do not, or a stalled reader of the command's output would stop our loop and cost the lease. Elsewhere, and where the system has
 * no such thing, it is the stream itself.
 */
export function ownStream(stream: NodeJS.WriteStream, descriptor: number): NodeJS.WriteStream {
	try {
		if (!fstatSync(descriptor).isFIFO()) return stream;
		const fd = openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK);
		return new Socket({ fd, readable: false, writable: true }) as unknown as NodeJS.WriteStream;
	} catch {
		return stream;
	}
}
