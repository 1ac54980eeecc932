import type { Server as HttpServer, ServerResponse } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { formatAddress } from '../../core/address.js';
import type { Logger } from '../../registrar/ports.js';
import { answer, type Sources } from './answers.js';

/** Probes and scrapers are done in milliseconds. */
const CONNECTION_MS = 5_000;
const MAX_CONNECTIONS = 64;
const RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;
const MAX_HEADER_BYTES = 8 * 1024;

export interface EndpointsOptions extends Sources {
	readonly host: string;
	/** 0 = any free port; told by the result. */
	readonly port: number;
	readonly logger: Logger;
	/** A connection's whole life in milliseconds, whatever its client does. @defaultValue 5000 */
	readonly connectionMs?: number;
	/**
	 * Between the first two tries to listen; then twice as long each time, up to ten seconds. @defaultValue 250
	 */
	readonly retryMs?: number;
}

export interface Endpoints {
	/** Resolves to the port once it is bound. */
	readonly listening: Promise<number>;
	/** Stops listening, or trying to, and cuts every connection. Idempotent. */
	close(): Promise<void>;
}

/**
 * Serves `/livez /readyz /status /metrics`, and `/changes` and the page `/` where there are sources for them.
 * One answer a connection, which lives at most five seconds; when there are too many, the oldest goes, so
 * that a crowd of idle clients keeps no probe out. Nothing that a client does reaches further than its
 * connection.
 *
 * Where it cannot listen (the port is taken, the address is not there yet) it says so once and tries again
 * until it can.
 */
export async function startEndpoints(options: EndpointsOptions): Promise<Endpoints> {
	const { connectionMs = CONNECTION_MS } = options;
	const server = await createBoundedServer();
	const sockets = guardConnections(server, connectionMs);
	server.on('request', (request, response) =>
		respond(response, request.method ?? '', request.url ?? '', options),
	);
	// Node closes a CONNECT without a word unless it is listened to.
	server.on('connect', (_request, socket) => {
		socket.on('error', () => {});
		socket.end(
			'HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
		);
	});
	const { listening, giveUp } = listen(server, options);
	let closing: Promise<void> | null = null;
	const close = () =>
		new Promise<void>((resolve) => {
			giveUp();
			server.close(() => resolve());
			for (const socket of sockets) socket.destroy();
		});
	return { listening, close: () => (closing ??= close()) };
}

/** For one request a connection, whose life bounds all of it: its owner ends connections. */
export async function createBoundedServer(): Promise<HttpServer> {
	const { createServer } = await import('node:http');
	return createServer({
		maxHeaderSize: MAX_HEADER_BYTES,
		keepAlive: false,
		requestTimeout: 0,
		headersTimeout: 0,
	});
}

/** Tries until it listens; the same trouble is reported once. */
function listen(
	server: Server,
	{ host, port, logger, retryMs = RETRY_MS }: EndpointsOptions,
): { readonly listening: Promise<number>; giveUp(): void } {
	let [over, waitMs, reported] = [false, retryMs, ''];
	let timer: NodeJS.Timeout | undefined;
	const attempt = () => server.listen({ host, port });
	const listening = new Promise<number>((resolve) => {
		server.on('listening', () => {
			const bound = (server.address() as AddressInfo).port;
			// A name may have been resolved only after the end.
			if (over) return void server.close();
			logger.info('the HTTP endpoints are served', { address: formatAddress(host, bound) });
			resolve(bound);
		});
	});
	server.on('error', (error: NodeJS.ErrnoException) => {
		if (server.listening) return logger.warn('the HTTP endpoints have trouble', { error });
		if (over) return;
		const trouble = problem(formatAddress(host, port), error);
		if (trouble !== reported) logger.warn(`${trouble}; trying until it can be bound`);
		reported = trouble;
		timer = setTimeout(attempt, waitMs).unref();
		waitMs = Math.min(2 * waitMs, LONGEST_RETRY_MS);
	});
	attempt();
	const giveUp = () => {
		over = true;
		clearTimeout(timer);
	};
	return { listening, giveUp };
}

function guardConnections(server: Server, connectionMs: number): ReadonlySet<Socket> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket) => {
		sockets.add(socket);
		const timer = setTimeout(() => socket.destroy(), connectionMs);
		socket.once('close', () => {
			clearTimeout(timer);
			sockets.delete(socket);
		});
		const [oldest] = sockets;
		if (sockets.size > MAX_CONNECTIONS) oldest?.destroy();
	});
	return sockets;
}

function respond(response: ServerResponse, method: string, target: string, options: EndpointsOptions): void {
	response.shouldKeepAlive = false;
	response.setHeader('Cache-Control', 'no-store');
	try {
		const { code, headers, body } = answer(method, target, options, Date.now());
		response.writeHead(code, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
	} catch (error) {
		options.logger.error('a request to the HTTP endpoints could not be answered', { error });
		response.writeHead(500, { 'Content-Length': 0 }).end();
	}
}

/** `code: EACCES` and the like do not mend themselves, but no registration fails for want of a probe. */
function problem(where: string, error: NodeJS.ErrnoException): string {
	return `REGISTRAR_HTTP: cannot listen on ${where}: ${reason(error)}`;
}

function reason(error: NodeJS.ErrnoException): string {
	switch (error.code) {
		case 'EADDRINUSE':
			return 'the port is taken: choose another one or end who has it';
		case 'EACCES':
			return 'a port below 1024 needs a privilege: choose a higher one';
		case 'EADDRNOTAVAIL':
		case 'ENOTFOUND':
		case 'EAI_AGAIN':
			return 'this machine has no such address: use one of its own, 127.0.0.1 or 0.0.0.0';
		default:
			return error.message;
	}
}
