/**
 * The streams of etcd: renewals of leases and watches. However one ends, its listener hears of it once and
 * its connection is let go once.
 */
import type { ILeaseKeepAliveResponse, IWatchResponse } from 'etcd3';
import { StoreError } from '../../core/errors.js';
import type {
	KeepaliveListener,
	KeepaliveStream,
	WatchListener,
	WatchStream,
} from '../../registrar/ports.js';
import type { Connection } from './connection/connection.js';
import { outside } from './connection/sockets.js';
import { toStoreError } from './errors.js';
import { leaseOf, type Range, rangeOf } from './messages.js';

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

/**
 * A stream that renews leases: drained (an undrained one stalls), without a deadline (one would cut it),
 * ended and never cancelled.
 */
export async function openKeepaliveStream(
	connection: Connection,
	listener: KeepaliveListener,
): Promise<KeepaliveStream> {
	connection.hold();
	try {
		const stream = await connection.stream((etcd) => etcd.leaseClient.leaseKeepAlive());
		const ended = endOnce(connection, stream, listener);
		const answered = outside(
			(answer: ILeaseKeepAliveResponse) => ended.isOver() || listener.answered(answer.ID, Number(answer.TTL)),
		);
		stream.on('data', answered);
		return { request: (lease) => ended.isOver() || stream.write({ ID: lease }), close: ended.close };
	} catch (error) {
		connection.release();
		throw toStoreError(error, connection.names);
	}
}

/**
 * A watch on keys, or ranges of them, from now on: without a start revision, so neither a compaction nor a
 * wiped etcd (whose revisions begin again below the known one) can make it deaf.
 */
export interface Watched {
	readonly range: Range;
	/** What is watched instead where etcd denies the range; none = it goes unwatched. */
	readonly otherwise: readonly string[];
}

/** Requests written in one turn of the event loop: the process has other work, 10,000 keys or not. */
const AT_ONCE = 200;

export async function openWatchStream(
	connection: Connection,
	watched: readonly Watched[],
	listener: WatchListener,
): Promise<WatchStream> {
	connection.hold();
	try {
		const stream = await connection.stream((etcd) => etcd.watchClient.watch());
		const ended = endOnce(connection, stream, listener);
		// etcd answers in the order of the requests: what it has not answered yet, and of that what has not been
		// sent yet.
		const unanswered: Watched[] = [...watched];
		let answeredCount = 0;
		let sent = 0;
		let sending = false;
		const send = () => {
			sending = false;
			for (let n = 0; n < AT_ONCE && sent < unanswered.length && !ended.isOver(); n += 1, sent += 1)
				stream.write({ create_request: unanswered[sent]?.range ?? { key: Buffer.alloc(0) } });
			if (sent < unanswered.length && !ended.isOver()) sendLater();
		};
		const sendLater = () => {
			if (!sending) setImmediate(send);
			sending = true;
		};
		const created = (denied: boolean) => {
			if (denied) {
				const keys = unanswered[answeredCount]?.otherwise ?? [];
				for (const key of keys) unanswered.push({ range: rangeOf(key), otherwise: [] });
				if (keys.length > 0) sendLater();
			}
			answeredCount += 1;
			if (answeredCount === unanswered.length) listener.opened();
		};
		const answered = outside((message: IWatchResponse) => {
			if (ended.isOver()) return;
			// What is denied is created and cancelled in one message: the poll still sees it.
			if (message.created) created(message.canceled);
			else if (message.canceled) {
				ended.fail(
					new StoreError('unavailable', `watch cancelled: ${message.cancel_reason || 'no reason given'}`),
				);
			}
			for (const { type, kv } of message.events) {
				const key = kv.key.toString();
				// Enums come as names at run time, whatever the typings say.
				if (String(type).toUpperCase() === 'DELETE') listener.changed(key, { type: 'delete' });
				else listener.changed(key, { type: 'put', value: kv.value.toString(), lease: leaseOf(kv.lease) });
			}
		});
		stream.on('data', answered);
		send();
		return { close: ended.close };
	} catch (error) {
		connection.release();
		throw toStoreError(error, connection.names);
	}
}
