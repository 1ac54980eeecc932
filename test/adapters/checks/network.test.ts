import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createCheck } from '../../../src/adapters/checks/index.js';
import { createAuthority } from '../../support/etcd/tls.js';

/** Bounds a hang; asserts no speed. */
const SOON = { timeout: 30_000 };

const open: { close(): void }[] = [];
afterEach(() => {
	for (const thing of open.splice(0)) thing.close();
});

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
	server.listen(0, host);
	await once(server, 'listening');
	open.push(server);
	return (server.address() as AddressInfo).port;
}

async function http(answer: RequestListener): Promise<number> {
	const server = createHttpServer(answer);
	open.push({ close: () => server.closeAllConnections() });
	return listen(server);
}

/** A server that accepts and never says a word. */
async function silent(): Promise<{ port: number; sockets: Socket[] }> {
	const sockets: Socket[] = [];
	const server = createServer((socket) => {
		socket.on('error', () => {});
		sockets.push(socket);
	});
	open.push({ close: () => sockets.forEach((socket) => void socket.destroy()) });
	return { port: await listen(server), sockets };
}

/** A port nobody listens on. */
async function closedPort(): Promise<number> {
	const server = createServer();
	const port = await listen(server);
	server.close();
	await once(server, 'close');
	return port;
}

const never = new AbortController().signal;

test('tcp: a port that accepts is healthy, and the connection is closed again', async () => {
	const { port, sockets } = await silent();
	await createCheck({ kind: 'tcp', host: '127.0.0.1', port }).check(never);
	await expect.poll(() => sockets.length, SOON).toBe(1);
	for (const socket of sockets) {
		socket.resume();
		if (!socket.readableEnded) await once(socket, 'end');
		expect(socket.bytesRead).toBe(0);
	}
});

test('tcp: an IPv6 address works', async () => {
	const port = await listen(createServer(), '::1');
	await createCheck({ kind: 'tcp', host: '::1', port }).check(never);
});

test('tcp: a closed port is not healthy', async () => {
	const port = await closedPort();
	await expect(createCheck({ kind: 'tcp', host: '127.0.0.1', port }).check(never)).rejects.toThrow(
		/ECONNREFUSED/,
	);
});

test('tcp: a host that does not answer is cut by the signal', async () => {
	// 192.0.2.0/24 is for documentation (RFC 5737). Where it is unreachable at once, that is an unhealthy
	// service too.
	const check = createCheck({ kind: 'tcp', host: '192.0.2.1', port: 9 }).check(AbortSignal.timeout(200));
	await expect(check).rejects.toThrow(/in time|UNREACH|ECONN/);
});

const ANSWERS: readonly (readonly [sentence: string, status: number, healthy: boolean])[] = [
	['200 is healthy', 200, true],
	['204 is healthy', 204, true],
	['a redirect is healthy and not followed', 302, true],
	['399 is healthy', 399, true],
	['400 is not', 400, false],
	['404 is not', 404, false],
	['503 is not', 503, false],
];
test.each(ANSWERS)('http: %s', async (_sentence, status, healthy) => {
	const asked: string[] = [];
	const port = await http((request, response) => {
		asked.push(`${request.method} ${request.url} ${request.headers.connection}`);
		response.writeHead(status, { location: '/elsewhere' }).end();
	});
	const result = createCheck({ kind: 'http', url: `http://127.0.0.1:${port}/health?deep=1` }).check(never);
	if (healthy) await result;
	else await expect(result).rejects.toThrow(`http://127.0.0.1:${port}/health answered ${status}`);
	expect(asked).toEqual(['GET /health?deep=1 close']);
});

test('http: a body is read and thrown away, and no connection stays open', async () => {
	let connections = 0;
	const server = createHttpServer((_request, response) => response.end('x'.repeat(50_000)));
	server.on('connection', (socket) => {
		connections += 1;
		socket.once('close', () => (connections -= 1));
	});
	const port = await listen(server);
	for (let times = 0; times < 20; times += 1)
		await createCheck({ kind: 'http', url: `http://127.0.0.1:${port}` }).check(never);
	await expect.poll(() => connections, SOON).toBe(0);
});

test('http: an endless answer is healthy and is cut', async () => {
	let ended = false;
	const port = await http((_request, response) => {
		const flood = () => {
			while (!response.destroyed && response.write('x'.repeat(16_384)));
		};
		response.on('drain', flood);
		response.on('close', () => (ended = true));
		flood();
	});
	await createCheck({ kind: 'http', url: `http://127.0.0.1:${port}` }).check(never);
	await expect.poll(() => ended, SOON).toBe(true);
});

test('http: a head without the rest of the body is not healthy, and is cut by the signal', async () => {
	const port = await http((_request, response) =>
		response.writeHead(200, { 'content-length': '10' }).write('half'),
	);
	const result = createCheck({ kind: 'http', url: `http://127.0.0.1:${port}` }).check(
		AbortSignal.timeout(200),
	);
	await expect(result).rejects.toThrow(/did not answer in time/);
});

test('http: a server that breaks off or speaks no HTTP is not healthy', async () => {
	const broken = await http((_request, response) => {
		response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy());
	});
	await expect(createCheck({ kind: 'http', url: `http://127.0.0.1:${broken}` }).check(never)).rejects.toThrow(
		/broke off|aborted/,
	);
	const babble = await listen(
		createServer((socket) => void socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9\r\n')),
	);
	await expect(createCheck({ kind: 'http', url: `http://127.0.0.1:${babble}` }).check(never)).rejects.toThrow(
		/Parse Error/,
	);
});

test('http: a server that accepts and stays silent is cut by the signal', async () => {
	const { port, sockets } = await silent();
	const result = createCheck({ kind: 'http', url: `http://127.0.0.1:${port}` }).check(
		AbortSignal.timeout(200),
	);
	await expect(result).rejects.toThrow(/did not answer in time/);
	for (const socket of sockets) if (!socket.closed) await once(socket.resume(), 'close');
});

test('http: what may be secret in the URL is not told', async () => {
	const port = await closedPort();
	const result = createCheck({
		kind: 'http',
		url: `http://me:hunter2@127.0.0.1:${port}/health?token=hunter3`,
	}).check(never);
	const error = await result.then(
		() => new Error('passed'),
		(reason: Error) => reason,
	);
	expect(error.message).toContain('ECONNREFUSED');
	expect(`${error.message} ${String(error.cause)}`).not.toMatch(/hunter/);
});

test('https: a service whose certificate nobody here trusts is healthy', async () => {
	const { cert, key } = createAuthority().issue('elsewhere', []);
	const answer: RequestListener = (request, response) =>
		void response.writeHead(request.url === '/sick' ? 500 : 200).end();
	const port = await listen(createHttpsServer({ cert: readFileSync(cert), key: readFileSync(key) }, answer));
	await createCheck({ kind: 'http', url: `https://127.0.0.1:${port}/` }).check(never);
	await expect(
		createCheck({ kind: 'http', url: `https://127.0.0.1:${port}/sick` }).check(never),
	).rejects.toThrow(/answered 500/);
	await expect(
		createCheck({ kind: 'http', url: `http://127.0.0.1:${port}/` }).check(never),
	).rejects.toThrow();
});
