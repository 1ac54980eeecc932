/** Serves the control socket: the paths of the HTTP endpoints, and `POST /pause`, `POST /resume`. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../../registrar/ports.js';
import { answer } from '../http/answers.js';
import { createBoundedServer } from '../http/endpoints.js';
import { type ControlledRegistrar, carryOut } from './change.js';
import { listenPrivately } from './socket.js';

/** A request, and the reading of an answer, take so long at most; the wait for etcd lies between. */
const CONNECTION_MS = 5_000;
const MAX_CONNECTIONS = 16;
const MAX_BODY_BYTES = 4 * 1024;
const RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;

export interface ControlOptions {
	readonly path: string;
	readonly subject: ControlledRegistrar;
	readonly logger: Logger;
	/** How long a request waits for etcd where it does not say. */
	readonly confirmMs: number;
}

export interface Control {
	/** Stops listening, or trying to, cuts every connection and takes the file away. Idempotent. */
	close(): Promise<void>;
}

/**
 * One request a connection. There are so many at most: when there are more, the oldest that does not wait for
 * etcd goes. Nothing that a client does reaches further than its connection. Where it cannot listen it says
 * so once and tries again until it can.
 */
export async function startControl(options: ControlOptions): Promise<Control> {
	const server = await createBoundedServer();
	server.maxRequestsPerSocket = 1;
	const connections = new Connections(server);
	server.on('request', (request, response) => {
		respond(request, response, options, connections).catch((error: unknown) => {
			options.logger.error('a request to the control socket could not be answered', { error });
			request.socket.destroy();
		});
	});
	server.on('connect', (_request, socket) => socket.destroy());
	const listening = keepTrying(server, options);
	let closing: Promise<void> | null = null;
	const close = async () => {
		await listening.end();
		connections.cut();
		await new Promise<void>((resolve) => server.close(() => resolve()));
	};
	return { close: () => (closing ??= close()) };
}

/** Tries until it listens; the same trouble is reported once. */
function keepTrying(server: Server, { path, logger }: ControlOptions): { end(): Promise<void> } {
	let [isOver, waitMs, reported] = [false, RETRY_MS, ''];
	let timer: NodeJS.Timeout | undefined;
	let remove = async (): Promise<void> => {};
	const attempt = async (): Promise<void> => {
		try {
			remove = await listenPrivately(server, path);
			server.on('error', (error) => logger.warn('the control socket has trouble', { error }));
			logger.info('the control socket is served', { path });
		} catch (error) {
			if (isOver) return;
			const trouble = `REGISTRAR_CONTROL: cannot listen on ${path}: ${(error as Error).message}`;
			if (trouble !== reported) logger.error(`${trouble}; trying until it can be bound`);
			reported = trouble;
			timer = setTimeout(again, waitMs).unref();
			waitMs = Math.min(2 * waitMs, LONGEST_RETRY_MS);
		}
	};
	const again = () => {
		trying = attempt();
	};
	let trying = attempt();
	return {
		async end() {
			isOver = true;
			clearTimeout(timer);
			await trying;
			await remove();
		},
	};
}

class Connections {
	/** Each with the timer that ends it, oldest first. */
	readonly #open = new Map<Socket, NodeJS.Timeout>();
	readonly #waiting = new Set<Socket>();

	constructor(server: Server) {
		server.on('connection', (socket) => {
			this.#open.set(socket, endAfter(socket, CONNECTION_MS));
			socket.once('close', () => {
				clearTimeout(this.#open.get(socket));
				this.#open.delete(socket);
				this.#waiting.delete(socket);
			});
			if (this.#open.size <= MAX_CONNECTIONS) return;
			for (const oldest of this.#open.keys()) if (!this.#waiting.has(oldest)) return void oldest.destroy();
		});
	}

	/** It may live for as long as its request waits for etcd. */
	waits(socket: Socket, limitMs: number): void {
		this.#waiting.add(socket);
		this.#prolong(socket, limitMs + CONNECTION_MS);
	}

	/** The answer is there, and has to be read. */
	answers(socket: Socket): void {
		this.#waiting.delete(socket);
		this.#prolong(socket, CONNECTION_MS);
	}

	cut(): void {
		for (const socket of this.#open.keys()) socket.destroy();
	}

	#prolong(socket: Socket, limitMs: number): void {
		if (!this.#open.has(socket)) return;
		clearTimeout(this.#open.get(socket));
		this.#open.set(socket, endAfter(socket, limitMs));
	}
}

const endAfter = (socket: Socket, limitMs: number): NodeJS.Timeout =>
	setTimeout(() => socket.destroy(), limitMs);

async function respond(
	request: IncomingMessage,
	response: ServerResponse,
	{ subject, confirmMs }: ControlOptions,
	connections: Connections,
): Promise<void> {
	const { method = '', url = '', socket } = request;
	response.shouldKeepAlive = false;
	const act = method === 'POST' ? /^\/(pause|resume)$/.exec(url)?.[1] : undefined;
	if (act !== 'pause' && act !== 'resume') {
		const { code, headers, body } = answer(method, url, { status: () => subject.status() }, Date.now());
		return end(response, code, headers, body);
	}
	const body = await bodyOf(request);
	if (body === null) return end(response, 413, JSON_HEADERS, '{"error":"the body is too long"}\n');
	const left = new AbortController();
	socket.once('close', () => left.abort());
	const { code, message } = await carryOut(act, body, {
		...{ subject, confirmMs },
		left: left.signal,
		waits: (limitMs) => connections.waits(socket, limitMs),
	});
	connections.answers(socket);
	end(response, code, JSON_HEADERS, `${JSON.stringify({ message })}\n`);
}

const JSON_HEADERS = { 'Content-Type': 'application/json; charset=utf-8' };

function end(
	response: ServerResponse,
	code: number,
	headers: Readonly<Record<string, string>>,
	body: string,
): void {
	response.writeHead(code, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
}

/** `null` = it is longer than any request is. Never settles when the client leaves in the middle of it. */
function bodyOf(request: IncomingMessage): Promise<string | null> {
	return new Promise((resolve) => {
		let body = '';
		request.setEncoding('utf8').on('data', (text: string) => {
			body += text;
			if (body.length <= MAX_BODY_BYTES) return;
			request.pause();
			resolve(null);
		});
		request.once('end', () => resolve(body));
		request.on('error', () => {});
	});
}
