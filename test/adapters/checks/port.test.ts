import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { isSilentHere, portCheck, whereToLook } from '../../../src/adapters/checks/port.js';
import { freePort } from '../../support/network/net.js';

const servers: Server[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) server.close();
});
async function listen(port: number, host: string): Promise<void> {
	const server = createServer((socket) => void socket.on('error', () => {}).resume());
	servers.push(server);
	await once(server.listen({ port, host, ipv6Only: true }), 'listening');
}
const check = (host: string, port: number) => portCheck(host, port).check(AbortSignal.timeout(5_000));

const OWN = ['10.0.0.5', '2001:db8::5'];
const ROWS: readonly (readonly [sentence: string, host: string, hosts: readonly string[]])[] = [
	['an address is checked as it is', '10.0.0.9', ['10.0.0.9']],
	['no host means loopback and every own address', '', ['127.0.0.1', '::1', '10.0.0.5', '2001:db8::5']],
	['0.0.0.0 means the same of IPv4', '0.0.0.0', ['127.0.0.1', '10.0.0.5']],
	[':: means both', '::', ['127.0.0.1', '::1', '10.0.0.5', '2001:db8::5']],
];
test.each(ROWS)('%s', (_sentence, host, hosts) => {
	expect(whereToLook(host, OWN)).toEqual(hosts);
});

test('it passes while somebody listens, and says that nobody does', async () => {
	const port = await freePort();
	await expect(check('127.0.0.1', port)).rejects.toThrow(`nobody listens on port ${port} of 127.0.0.1`);
	await expect(check('', port)).rejects.toThrow(new RegExp(`nobody listens on port ${port}$`));
	await listen(port, '127.0.0.1');
	await check('127.0.0.1', port);
	await check('0.0.0.0', port);
});

test('one that listens on IPv6 loopback alone is found behind a wildcard', async () => {
	const port = await freePort();
	await listen(port, '::1');
	await check('', port);
});

test('aborted, it rejects', async () => {
	await expect(portCheck('127.0.0.1', 1).check(AbortSignal.abort())).rejects.toThrow();
});

test('silent is an address of this host where nobody listens, and no other', async () => {
	const port = await freePort();
	for (const host of ['127.0.0.1', '', '0.0.0.0']) expect(await isSilentHere(host, port, 5_000)).toBe(true);
	for (const host of ['192.0.2.1', 'elsewhere.invalid'])
		expect(await isSilentHere(host, port, 5_000)).toBe(false);
	await listen(port, '127.0.0.1');
	expect(await isSilentHere('127.0.0.1', port, 5_000)).toBe(false);
});
