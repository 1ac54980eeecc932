import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { untilPortOpen, whereToLook } from '../../src/adapters/port-open.js';
import { freePort } from '../support/net.js';

const servers: Server[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) server.close();
});
async function listen(port: number, host: string): Promise<void> {
	const server = createServer((socket) => void socket.on('error', () => {}).resume());
	servers.push(server);
	await once(server.listen({ port, host, ipv6Only: true }), 'listening');
}

const ROWS: readonly (readonly [sentence: string, host: string, detected: string | undefined, hosts: readonly string[]])[] = [
	['an address is looked at as it is', '10.0.0.5', undefined, ['10.0.0.5']],
	['a detected address does not matter then', '10.0.0.5', '10.0.0.6', ['10.0.0.5']],
	['no host means loopback', '', undefined, ['127.0.0.1', '::1']],
	['0.0.0.0 means loopback, then the detected address', '0.0.0.0', '10.0.0.6', ['127.0.0.1', '::1', '10.0.0.6']],
	[':: means loopback', '::', undefined, ['127.0.0.1', '::1']],
];
test.each(ROWS)('%s', (_sentence, host, detected, hosts) => {
	expect(whereToLook(host, 8080, detected)).toEqual(hosts.map((each) => ({ host: each, port: 8080 })));
});

test('it waits until the port accepts', async () => {
	const port = await freePort();
	const order: string[] = [];
	const open = untilPortOpen(whereToLook('127.0.0.1', port), new AbortController().signal).then((result) => order.push(`open ${result}`));
	// Two looks that were refused are enough to know that it waits.
	for (let look = 0; look < 2; look += 1) expect(await untilPortOpen([{ host: '127.0.0.1', port }], AbortSignal.timeout(50))).toBe(false);
	order.push('listening');
	await listen(port, '127.0.0.1');
	await open;
	expect(order).toEqual(['listening', 'open true']);
});

test('one that listens on IPv6 loopback alone is found behind a wildcard', async () => {
	const port = await freePort();
	await listen(port, '::1');
	expect(await untilPortOpen(whereToLook('0.0.0.0', port), new AbortController().signal)).toBe(true);
});

test('aborted, it resolves to false and leaves no timer', async () => {
	const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
	const before = timers();
	const end = new AbortController();
	const open = untilPortOpen(whereToLook('127.0.0.1', await freePort()), end.signal);
	end.abort();
	expect(await open).toBe(false);
	expect(timers()).toBeLessThanOrEqual(before);
	expect(await untilPortOpen(whereToLook('127.0.0.1', 1), end.signal)).toBe(false);
});
