import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, expect, test } from 'vitest';
import { type Endpoints, startEndpoints } from '../../../src/adapters/http/endpoints.js';
import type { Status } from '../../../src/registrar/documents.js';
import { aStatus } from '../../support/process/status.js';

/** Bounds a hang; asserts no speed. */
const SOON = { timeout: 30_000 };
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const running: Endpoints[] = [];
afterEach(async () => {
	await Promise.all(running.splice(0).map((endpoints) => endpoints.close()));
});

async function serve(
	status: () => Status,
	{ host = '127.0.0.1', connectionMs = 5_000 } = {},
): Promise<number> {
	const endpoints = await startEndpoints({ host, port: 0, status, logger: silent, connectionMs });
	running.push(endpoints);
	return await endpoints.listening;
}
const ready = aStatus({
	state: 'registered',
	ready: true,
	reason: 'every wanted key was verified',
	lastPass: { agoMs: 1234, durationMs: 5, ok: true },
});

async function open(port: number): Promise<Socket> {
	const socket = connect(port, '127.0.0.1').on('error', () => {});
	await once(socket, 'connect');
	return socket;
}
/** Everything that comes back for these bytes until the server closes. */
async function raw(port: number, bytes: string): Promise<string> {
	const socket = await open(port);
	let text = '';
	socket.on('data', (chunk) => {
		text += String(chunk);
	});
	socket.write(bytes);
	await once(socket, 'close');
	return text;
}

const PROBES: readonly (readonly [
	sentence: string,
	path: string,
	changes: Partial<Status>,
	code: number,
	body: object,
])[] = [
	[
		'/livez is 200 while the loop turns',
		'/livez',
		{},
		200,
		{ ok: true, state: 'registered', reason: 'the loop turns; last pass 1.2 s ago' },
	],
	[
		'/livez is 200 though etcd does not answer',
		'/livez',
		{ state: 'degraded', ready: false, reason: 'etcd does not answer' },
		200,
		{ ok: true },
	],
	[
		'/livez is 503 when no pass began',
		'/livez',
		{ live: false },
		503,
		{ ok: false, reason: 'no pass began within three intervals (15 s)' },
	],
	[
		'/livez says so before the first pass ended',
		'/livez',
		{ lastPass: null },
		200,
		{ reason: 'the loop turns; its first pass is still running' },
	],
	[
		'/readyz is 200 when registered',
		'/readyz',
		{},
		200,
		{ ok: true, state: 'registered', reason: 'every wanted key was verified' },
	],
	[
		'/readyz is 503 with the reason else',
		'/readyz',
		{ state: 'paused', ready: false, reason: 'paused by SIGUSR2' },
		503,
		{ ok: false, state: 'paused', reason: 'paused by SIGUSR2' },
	],
	['what follows a ? is ignored', '/readyz?verbose=1&x', {}, 200, { ok: true }],
	[
		'/status is the whole status',
		'/status',
		{},
		200,
		{ ...JSON.parse(JSON.stringify({ ...ready, counters: {} })), counters: { passes: { ok: 0, failed: 0 } } },
	],
	[
		'/status writes the last bucket as +Inf',
		'/status',
		{},
		200,
		{
			counters: {
				passSeconds: {
					buckets: [
						[0.005, 0],
						[1, 0],
						['+Inf', 0],
					],
				},
			},
		},
	],
	[
		'another path is 404 and names those there are',
		'/',
		{},
		404,
		{ error: 'there is /livez, /readyz, /status, /metrics' },
	],
	['a path with a slash behind is another path', '/livez/', {}, 404, {}],
	['what every object inherits is no path', '/constructor', {}, 404, {}],
];
test.each(PROBES)('%s', async (_sentence, path, changes, code, body) => {
	const port = await serve(() => ({ ...ready, ...changes }));
	const response = await fetch(`http://127.0.0.1:${port}${path}`);
	expect(response.status).toBe(code);
	expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
	expect(response.headers.get('connection')).toBe('close');
	expect(response.headers.get('cache-control')).toBe('no-store');
	expect(await response.json()).toMatchObject(body);
});

test('/metrics is Prometheus text', async () => {
	const response = await fetch(`http://127.0.0.1:${await serve(() => ready)}/metrics`);
	expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
	expect(await response.text()).toContain('\nregistrar_conflicts_total 0\n');
});

test('HEAD answers as GET does, without the body', async () => {
	const port = await serve(() => ready);
	for (const path of ['/livez', '/readyz', '/status', '/metrics', '/nothing']) {
		const got = await raw(port, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
		const headed = await raw(port, `HEAD ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
		const [head = '', body] = got.split('\r\n\r\n');
		const steady = (text: string) => text.replace(/Date: .*/, '').replace(/(?<=Content-Length: )\d+/, 'n');
		expect(body).not.toBe('');
		expect(headed.endsWith('\r\n\r\n')).toBe(true);
		expect(steady(headed.trimEnd())).toBe(steady(head));
	}
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT'])(
	'%s is not allowed',
	async (method) => {
		const port = await serve(() => ready);
		const answer = await raw(port, `${method} /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
		expect(answer).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n/);
		expect(answer).toMatch(/\r\nAllow: GET, HEAD\r\n/);
	},
);

const MALFORMED: readonly (readonly [sentence: string, bytes: string, answer: RegExp])[] = [
	['rubbish is 400', '\u0000\u0001 rubbish\r\n\r\n', /^HTTP\/1\.1 400 /],
	['a TLS hello is 400', '\u0016\u0003\u0001\u0002\u0000\u0001', /^HTTP\/1\.1 400 /],
	[
		'a head of 20 KB is 431',
		`GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
		/^HTTP\/1\.1 431 /,
	],
	['a request without Host is 400', 'GET /livez HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
	['HTTP/1.0 works', 'GET /readyz HTTP/1.0\r\n\r\n', /^HTTP\/1\.1 200 /],
	['a whole URL as target works', 'GET http://x/readyz HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 200 /],
	['a target of two slashes is 404', 'GET // HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 404 /],
	[
		'a body that never comes does not delay the answer',
		'GET /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n',
		/^HTTP\/1\.1 200 /,
	],
	[
		'of pipelined requests the first is answered',
		'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n',
		/^HTTP\/1\.1 200 (?!.*HTTP\/1\.1)/s,
	],
	[
		'an upgrade is answered as a plain request',
		'GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
		/^HTTP\/1\.1 200 /,
	],
];
test.each(MALFORMED)('%s', async (_sentence, bytes, answer) => {
	expect(await raw(await serve(() => ready), bytes)).toMatch(answer);
});

test('a status that cannot be had is 500, and the next one is answered again', async () => {
	let broken = true;
	const port = await serve(() => {
		if (broken) throw new Error('no status');
		return ready;
	});
	expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(500);
	broken = false;
	expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
});

test('a client that sends nothing, or a byte now and then, is cut', async () => {
	const port = await serve(() => ready, { connectionMs: 500 });
	const idle = await open(port);
	const slow = await open(port);
	const drip = setInterval(() => slow.write('G'), 50);
	await Promise.all([once(idle.resume(), 'close'), once(slow.resume(), 'close')]);
	clearInterval(drip);
});

test('of a crowd of idle clients the oldest are cut, and a probe gets through', async () => {
	// So long a life that only the crowd can cut anyone here.
	const port = await serve(() => ready, { connectionMs: 600_000 });
	const crowd: Socket[] = [];
	for (let client = 0; client < 500; client += 1) crowd.push((await open(port)).resume());
	expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
	await expect.poll(() => crowd.filter((socket) => !socket.closed).length, SOON).toBeLessThanOrEqual(64);
	expect(crowd.slice(-60).some((socket) => socket.closed)).toBe(false);
	for (const socket of crowd) socket.destroy();
});

test('thousands of requests, right and wrong, are all answered', async () => {
	const port = await serve(() => ready);
	const delay = monitorEventLoopDelay({ resolution: 5 });
	delay.enable();
	const bytes = [
		'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n',
		'rubbish\r\n\r\n',
		'POST / HTTP/1.1\r\nHost: x\r\n\r\n',
		'GET /status HTTP/1.1\r\nHost: x\r\n\r\n',
	];
	const codes: Record<string, number> = {};
	const client = async (first: number) => {
		for (let request = first; request < 4000; request += 20) {
			const code = (await raw(port, String(bytes[request % bytes.length]))).slice(9, 12);
			codes[code] = (codes[code] ?? 0) + 1;
		}
	};
	await Promise.all(Array.from({ length: 20 }, (_, first) => client(first)));
	delay.disable();
	process.stdout.write(
		`event loop delay while 4000 requests were asked and answered in one process: p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms\n`,
	);
	expect(codes).toEqual({ 200: 2000, 400: 1000, 404: 1000 });
});

/** Starts endpoints whose log is kept, as texts. */
async function startTold(host: string, port: number) {
	const told: string[] = [];
	const tell = (message: string, fields: object = {}) =>
		void told.push(`${message} ${JSON.stringify(fields)}`);
	const logger = { ...silent, info: tell, warn: tell };
	const endpoints = await startEndpoints({ host, port, status: () => ready, logger, retryMs: 10 });
	running.push(endpoints);
	return { endpoints, told };
}

test('a port that is taken is reported once and tried again until it is free; then the address is logged', async () => {
	const holder = createServer().listen(0, '127.0.0.1');
	await once(holder, 'listening');
	const { port } = holder.address() as { port: number };
	let attempts = 0;
	const { endpoints, told } = await startTold('127.0.0.1', port);
	await expect.poll(() => ++attempts > 20 && told.length, SOON).toBe(1);
	expect(told[0]).toContain(
		`REGISTRAR_HTTP: cannot listen on 127.0.0.1:${port}: the port is taken: choose another one or end who has it; trying`,
	);
	holder.close();
	expect(await endpoints.listening).toBe(port);
	expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
	expect(told.slice(1)).toEqual([`the HTTP endpoints are served {"address":"127.0.0.1:${port}"}`]);
});

test('an address of another machine and a name that does not exist are named; a close ends the tries', async () => {
	const { told } = await startTold('192.0.2.1', 8080);
	await expect.poll(() => told.join(), SOON).toContain('listen on 192.0.2.1:8080: this machine has no such');
	const { endpoints, told: other } = await startTold('no-such-host.invalid', 8080);
	await expect.poll(() => other.join(), SOON).toContain('cannot listen on no-such-host.invalid:8080: ');
	await endpoints.close();
	await endpoints.close();
});

test('close cuts who is connected, can be called again, and frees the port', async () => {
	const endpoints = await startEndpoints({ host: '127.0.0.1', port: 0, status: () => ready, logger: silent });
	const port = await endpoints.listening;
	const client = await open(port);
	const closed = once(client.resume(), 'close');
	await Promise.all([endpoints.close(), endpoints.close()]);
	await closed;
	const again = await startEndpoints({ host: '127.0.0.1', port, status: () => ready, logger: silent });
	expect(await again.listening).toBe(port);
	await again.close();
});

test('an IPv6 address works', async () => {
	const port = await serve(() => ready, { host: '::1' });
	expect((await fetch(`http://[::1]:${port}/readyz`)).status).toBe(200);
});
