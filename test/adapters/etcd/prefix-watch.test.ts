import { afterAll, beforeAll, test } from 'vitest';
import { Connection } from '../../../src/adapters/etcd/connection/connection.js';
import { Tokens } from '../../../src/adapters/etcd/connection/tokens.js';
import { PrefixWatch } from '../../../src/adapters/etcd/prefix-watch.js';
import { monotonicClock } from '../../../src/adapters/host/clock.js';
import { VARIABLE_NAMES } from '../../../src/core/settings/environment/variables.js';
import { type Etcd, startEtcd } from '../../support/etcd/etcd.js';
import { Gateway } from '../../support/etcd/gateway.js';
import { aLogger } from '../../support/logger.js';
import { until } from '../../support/until.js';

let etcd: Etcd;
let gateway: Gateway;
beforeAll(async () => {
	etcd = await startEtcd();
	gateway = new Gateway(etcd.endpoint);
});
afterAll(async () => {
	gateway.close();
	await etcd.stop();
});

interface Ending {
	emit(event: 'end'): unknown;
	write(message: unknown): boolean;
}

test('a watch that ends in the moment in which it is opened is opened again by the next reader', async () => {
	const connection = new Connection(
		{ endpoint: etcd.endpoint, tls: null, callTimeoutMs: 2_000, dialTimeoutMs: 15_000 },
		new Tokens(null, 5_000, monotonicClock, aLogger().logger, VARIABLE_NAMES),
		VARIABLE_NAMES,
	);
	const open = connection.stream.bind(connection);
	let opened = 0;
	connection.stream = async (make) => {
		const stream = await open(make);
		opened += 1;
		if (opened === 1) endsAtFirstWrite(stream as Ending);
		return stream;
	};
	const watch = new PrefixWatch(monotonicClock);
	const revisions: (string | null)[] = [];
	watch.add('/p/', (revision) => {
		revisions.push(revision);
		// A hint makes whoever hears it read, and with that the watch is seen to.
		void watch.runOn(connection);
	});
	await watch.runOn(connection);
	await until(() => opened === 2 && revisions.some((revision) => revision !== null));
	const before = revisions.length;
	await gateway.put('/p/a', 'x');
	await until(() => revisions.length > before);
	watch.close();
	connection.release();
});

/** The connection breaks while the first request of the stream is on its way. */
function endsAtFirstWrite(stream: Ending): void {
	stream.write = () => {
		queueMicrotask(() => stream.emit('end'));
		return true;
	};
}
