import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../until.js';
import { startProxy, type TcpProxy } from './proxy.js';

/** A server that sends back what it gets, and the proxy before it. */
const echo = createServer((socket) => socket.on('error', () => {}).pipe(socket));
let proxy: TcpProxy;
let clients: Socket[];

beforeEach(async () => {
	clients = [];
	if (!echo.listening) await once(echo.listen(0, '127.0.0.1'), 'listening');
	const address = echo.address();
	if (address === null || typeof address === 'string') throw new Error('no port');
	proxy = await startProxy(`127.0.0.1:${address.port}`);
});
afterEach(async () => {
	for (const client of clients) client.destroy();
	await proxy.close();
});

/** A client of the proxy and what it has received so far. */
async function dial() {
	const socket = connect(proxy.port, '127.0.0.1');
	clients.push(socket);
	const seen = { text: '', error: null as string | null, ended: false, socket };
	socket.on('data', (chunk) => {
		seen.text += chunk;
	});
	socket.on('error', (error: NodeJS.ErrnoException) => {
		seen.error = error.code ?? error.message;
	});
	socket.once('close', () => {
		seen.ended = true;
	});
	await until(() => !socket.connecting);
	return seen;
}

/**
 * Sends and waits for the same to come back: after it, whatever another connection sent before would be back
 * too.
 */
async function roundTrip(client: Awaited<ReturnType<typeof dial>>, text: string) {
	client.socket.write(text);
	await until(() => client.text.endsWith(text));
}

test('passes bytes both ways, counts them and the connections', async () => {
	const client = await dial();
	await roundTrip(client, 'hello');
	expect(proxy.bytes).toEqual({ up: 5, down: 5, swallowed: 0 });
	expect([proxy.accepted, proxy.connections]).toEqual([1, 1]);
	client.socket.destroy();
	await until(() => proxy.connections === 0);
});

test('a black hole accepts, answers nothing, closes nothing, and what it swallowed never comes', async () => {
	const before = await dial();
	await roundTrip(before, 'a');
	await proxy.mode('blackhole');
	const during = await dial();
	before.socket.write('lost');
	during.socket.write('lost');
	await until(() => proxy.bytes.swallowed === 8);
	await proxy.mode('pass');
	await roundTrip(await dial(), 'works');
	expect([before.text, before.ended, during.text, during.ended]).toEqual(['a', false, '', false]);
	expect(proxy.bytes.up).toBe('a'.length + 'works'.length);
	expect(proxy.connections).toBe(3);
});

test('a refusing proxy has a closed port and closes what was open; it opens again on the same port', async () => {
	const before = await dial();
	await proxy.mode('refuse');
	await until(() => before.ended);
	expect((await dial()).error).toBe('ECONNREFUSED');
	await proxy.mode('pass');
	await roundTrip(await dial(), 'back');
});

test('a resetting proxy resets what is open and what comes', async () => {
	const before = await dial();
	await roundTrip(before, 'a');
	await proxy.mode('reset');
	await until(() => before.error === 'ECONNRESET');
	const after = await dial();
	await until(() => after.ended);
	expect(after.text).toBe('');
});

test('a stalling proxy holds everything back and delivers all of it later, in order', async () => {
	const client = await dial();
	await roundTrip(client, 'a');
	await proxy.mode('stall');
	const during = await dial();
	client.socket.write('b');
	client.socket.write('c');
	during.socket.write('d');
	await until(() => proxy.accepted === 2);
	expect(client.text + during.text).toBe('a');
	await proxy.mode('pass');
	await until(() => client.text === 'abc' && during.text === 'd');
});

test('a delay with jitter slows every chunk and reorders none', async () => {
	const client = await dial();
	proxy.delay({ ms: 40, jitterMs: 30 });
	const start = performance.now();
	const sent = Array.from({ length: 20 }, (_, index) => `${index};`);
	for (const chunk of sent) {
		client.socket.write(chunk);
		await new Promise((resolve) => setImmediate(resolve));
	}
	await until(() => client.text.length === sent.join('').length);
	expect(client.text).toBe(sent.join(''));
	expect(performance.now() - start).toBeGreaterThanOrEqual(80);
});

test('frozen connections stay open and silent while new ones work', async () => {
	const old = await dial();
	await roundTrip(old, 'a');
	proxy.freezeExisting();
	old.socket.write('b');
	await until(() => proxy.bytes.swallowed === 1);
	await roundTrip(await dial(), 'new');
	expect([old.text, old.ended]).toEqual(['a', false]);
});

test('connections can be reset again and again', async () => {
	proxy.resetEvery(50);
	for (let round = 0; round < 3; round += 1) {
		const client = await dial();
		await until(() => client.ended);
	}
	proxy.resetEvery(0);
	await roundTrip(await dial(), 'stays');
});
