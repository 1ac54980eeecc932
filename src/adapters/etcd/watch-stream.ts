/**
 * A watch on keys, or ranges of them, from now on: without a start revision, so neither a compaction nor a
 * wiped etcd (whose revisions begin again below the known one) can make it deaf.
 */
import type { IWatchResponse } from 'etcd3';
import { StoreError } from '../../core/errors.js';
import type { WatchListener, WatchStream } from '../../registrar/ports.js';
import type { Connection } from './connection.js';
import { toStoreError } from './errors.js';
import { leaseOf, type Range, rangeOf } from './messages.js';
import { outside } from './sockets.js';
import { endOnce } from './stream-end.js';

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
