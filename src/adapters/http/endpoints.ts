import type { ServerResponse } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { ConfigError } from '../../core/errors.js';
import type { Status } from '../../registrar/events.js';
import type { Logger } from '../../registrar/ports.js';
import { answer } from './answers.js';

/** Probes and scrapers are done in milliseconds. */
const CONNECTION_MS = 5_000;
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 8 * 1024;

export interface EndpointsOptions {
	readonly host: string;
	/** 0 = any free port; told by the result. */
	readonly port: number;
	readonly status: () => Status;
	readonly logger: Logger;
	/** A connection's whole life in milliseconds, whatever its client does. @defaultValue 5000 */
	readonly connectionMs?: number;
}

export interface Endpoints {
	readonly port: number;
	/** Stops listening and cuts every connection. Idempotent. */
	close(): Promise<void>;
}

/**
 * Serves `/livez /readyz /status /metrics`. One answer a connection, which lives at most five seconds; when there are too many, the
 * oldest goes, so that a crowd of idle clients keeps no probe out. Nothing that a client does reaches further than its connection.
 *
 * @throws ConfigError that names REGISTRAR_HTTP when it cannot listen there.
 */
export async function startEndpoints({
	host,
	port,
	status,
	logger,
	connectionMs = CONNECTION_MS,
}: EndpointsOptions): Promise<Endpoints> {
	const { createServer } = await import('node:http');
	// `requestTimeout` and `headersTimeout` off: the life of the connection bounds both.
	const server = createServer({
		maxHeaderSize: MAX_HEADER_BYTES,
		keepAlive: false,
		requestTimeout: 0,
		headersTimeout: 0,
	});
	const sockets = guardConnections(server, connectionMs);
	server.on('request', (request, response) =>
		respond(response, request.method ?? '', request.url ?? '', status, logger),
	);
	// Node closes a CONNECT without a word unless it is listened to.
	server.on('connect', (_request, socket) => {
		socket.on('error', () => {});
		socket.end(
			'HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
		);
	});
	await listen(server, host, port);
	server.on('error', (error) => logger.warn('the HTTP endpoints have trouble', { error }));
	let closing: Promise<void> | null = null;
	const close = () =>
		new Promise<void>((resolve) => {
			server.close(() => resolve());
			for (const socket of sockets) socket.destroy();
		});
	return { port: (server.address() as AddressInfo).port, close: () => (closing ??= close()) };
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

function respond(
	response: ServerResponse,
	method: string,
	target: string,
	status: () => Status,
	logger: Logger,
): void {
	response.shouldKeepAlive = false;
	response.setHeader('Cache-Control', 'no-store');
	try {
		const { code, contentType, body, allow } = answer(method, target, status, Date.now());
		if (allow !== undefined) response.setHeader('Allow', allow);
		response
			.writeHead(code, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) })
			.end(body);
	} catch (error) {
		logger.error('a request to the HTTP endpoints could not be answered', { error });
		response.writeHead(500, { 'Content-Length': 0 }).end();
	}
}

function listen(server: Server, host: string, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		const refuse = (error: NodeJS.ErrnoException) => reject(new ConfigError([problem(host, port, error)]));
		server.once('error', refuse);
		server.listen({ host, port }, () => {
			server.off('error', refuse);
			resolve();
		});
	});
}

function problem(host: string, port: number, error: NodeJS.ErrnoException): string {
	const where = `REGISTRAR_HTTP: cannot listen on ${host.includes(':') ? `[${host}]` : host}:${port}`;
	switch (error.code) {
		case 'EADDRINUSE':
			return `${where}: the port is taken; choose another one or end who has it`;
		case 'EACCES':
			return `${where}: a port below 1024 needs a privilege; choose a higher one`;
		case 'EADDRNOTAVAIL':
		case 'ENOTFOUND':
		case 'EAI_AGAIN':
			return `${where}: this machine has no such address; use one of its own, 127.0.0.1 or 0.0.0.0`;
		default:
			return `${where}: ${error.message}`;
	}
}
