import { AsyncResource } from 'node:async_hooks';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Sockets } from '../../../../src/adapters/etcd/connection/sockets.js';
import { type Etcd, startEtcd } from '../../../support/etcd/etcd.js';
import { aRealStore } from '../../../support/etcd/real-store.js';
import { startProxy } from '../../../support/network/proxy.js';
import { until } from '../../../support/until.js';

let etcd: Etcd;
let elsewhere: Server;
let answered = 0;
const sockets: Socket[] = [];

beforeAll(async () => {
	etcd = await startEtcd();
	elsewhere = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
	await once(elsewhere, 'listening');
});
afterEach(() => {
	for (const socket of sockets.splice(0)) socket.destroy();
	answered = 0;
});
afterAll(async () => {
	elsewhere.close();
	await etcd.stop();
});

/** What an application may do when it hears something: a connection of its own, somewhere else. */
function application(): void {
	const socket = connect((elsewhere.address() as AddressInfo).port, '127.0.0.1');
	socket.on('error', () => {}).on('data', () => (answered += 1));
	sockets.push(socket);
}

test('a socket that a listener opens does not belong to the connection from which the news came, and outlives it', async () => {
	const { store } = aRealStore([etcd.endpoint]);
	await store.read(['a']);
	await store.grant('4711', 60);
	const keepalive = await store.openKeepalive({ answered: application, ended: application });
	await store.openWatch([['a']], { opened: application, changed: application, ended: application });
	keepalive.request('4711');
	await until(() => sockets.length === 2);
	await etcd.ctl('put', 'a', 'v');
	await until(() => sockets.length === 3);
	// Ends both streams and the connection, and the listeners hear of it.
	store.close();
	await until(() => sockets.length === 5);
	for (const socket of sockets) socket.write('still here?');
	await until(() => answered === 5);
	expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, false, false, false, false]);
});

test('a silent endpoint is dialled at the pace of the race, and not once more for a connection that was given up', async () => {
	const proxy = await startProxy(etcd.endpoint);
	await proxy.mode('blackhole');
	const { store } = aRealStore([proxy.endpoint], { callTimeoutMs: 500, dialTimeoutMs: 4_000 });
	await expect(store.read(['a'])).rejects.toMatchObject({ code: 'timeout' });
	const dialled = proxy.accepted;
	// The first, one 300 ms later, then one each 500 ms; after failures at most one more for each.
	expect(dialled).toBeLessThanOrEqual(9);
	// gRPC's own second try would come after one second.
	await new Promise((resolve) => setTimeout(resolve, 2_000));
	expect(proxy.accepted).toBe(dialled);
	store.close();
	await proxy.close();
});

// Node 24 carries a context at no cost, and a disabled store lives on in what was bound before.
test.skipIf(Number.parseInt(process.versions.node, 10) >= 24)(
	'who has been connected for a minute is followed no more',
	() => {
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
		try {
			const followed = new Sockets();
			const dial = followed.own(() => AsyncResource.bind(application));
			followed.connected();
			vi.advanceTimersByTime(59_000);
			dial();
			vi.advanceTimersByTime(1_000);
			dial();
			followed.destroy();
			expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, false]);
			// Whoever dials next is followed again.
			const next = new Sockets();
			next.own(application);
			next.destroy();
			expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, false, true]);
		} finally {
			vi.useRealTimers();
		}
	},
);
