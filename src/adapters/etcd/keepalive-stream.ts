/**
 * A stream that renews leases: drained (an undrained one stalls), without a deadline (one would cut it),
 * ended and never cancelled.
 */
import type { ILeaseKeepAliveResponse } from 'etcd3';
import type { KeepaliveListener, KeepaliveStream } from '../../registrar/ports.js';
import type { Connection } from './connection.js';
import { toStoreError } from './errors.js';
import { outside } from './sockets.js';
import { endOnce } from './stream-end.js';

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
