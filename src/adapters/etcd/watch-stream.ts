/**
 * A watch on keys, or ranges of them, from now on: without a start revision, so neither a compaction nor a wiped etcd (whose revisions begin again
 * below the one we know) can make it deaf.
 */
import type { IWatchResponse } from 'etcd3';
import { StoreError } from '../../core/errors.js';
import type { WatchListener, WatchStream } from '../../registrar/ports.js';
import type { Connection } from './connection.js';
import { toStoreError } from './errors.js';
import { leaseOf, type Range } from './messages.js';
import { outside } from './sockets.js';
import { endOnce } from './stream-end.js';

export async function openWatchStream(
	connection: Connection,
	ranges: readonly Range[],
	listener: WatchListener,
): Promise<WatchStream> {
	connection.hold();
	try {
		const stream = await connection.stream((etcd) => etcd.watchClient.watch());
		const ended = endOnce(connection, stream, listener);
		let pending = ranges.length;
		const answered = outside((message: IWatchResponse) => {
			if (ended.isOver()) return;
			// A denied key is created and cancelled in one message: it goes unwatched, the poll still sees it.
			if (message.created) {
				pending -= 1;
				if (pending === 0) listener.opened();
			} else if (message.canceled) {
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
		for (const { key, range_end } of ranges)
			stream.write({ create_request: { key, ...(range_end === undefined ? {} : { range_end }) } });
		return { close: ended.close };
	} catch (error) {
		connection.release();
		throw toStoreError(error, connection.names);
	}
}
