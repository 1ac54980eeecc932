/**
 * What the two kinds of stream share: however one ends, its listener hears of it once and its connection is
 * let go once.
 */
import type { Connection } from './connection.js';
import { toStoreError } from './errors.js';
import { outside } from './sockets.js';

interface Endable {
	on(event: 'end', fn: () => void): unknown;
	on(event: 'error', fn: (error: Error) => void): unknown;
	end(): void;
}

export interface StreamEnd {
	isOver(): boolean;
	/** Ends the stream from our side; the listener is not told. Idempotent. */
	readonly close: () => void;
	/** Ends the stream from our side and tells the listener why. */
	readonly fail: (error: Error) => void;
}

export function endOnce(
	connection: Connection,
	stream: Endable,
	listener: { ended(error: Error | null): void },
): StreamEnd {
	let over = false;
	const finish = (): boolean => {
		if (over) return false;
		over = true;
		connection.release();
		return true;
	};
	const ended = outside((error: Error | null) => finish() && listener.ended(error));
	stream.on('error', (raw) => {
		const error = toStoreError(raw, connection.names);
		if (error.code === 'token-rejected') connection.tokenRejected();
		ended(error);
	});
	stream.on('end', () => ended(null));
	// end(), not cancel(): etcd3 answers a cancelled stream by closing every channel to the host.
	const close = () => finish() && stream.end();
	return {
		isOver: () => over,
		close,
		fail: (error) => {
			if (over) return;
			close();
			listener.ended(error);
		},
	};
}
