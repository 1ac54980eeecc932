import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../test/support/network/net.js';

/**
 * Length of what a client sends before its first HTTP/2 frame, and of each frame's head (RFC 9113, 3.4 and
 * 4.1).
 */
const PREFACE = 24;
const HEAD = 9;
const DATA = 0;

/**
 * A relay before etcd that notes when each request passes: in gRPC every message of a client is a DATA frame
 * of its own, so that a call counts once and a stream once for each of its requests. Counted here and not in
 * the client, it holds for whichever client.
 */
export class CountingRelay {
	/** `performance.now()` of each message that clients sent, in order. */
	readonly atMs: number[] = [];
	readonly endpoint: string;
	readonly #sockets = new Set<Socket>();
	#server: Server | null = null;

	private constructor(
		private readonly port: number,
		private readonly target: URL,
	) {
		this.endpoint = `http://127.0.0.1:${port}`;
	}

	static async open(target: string): Promise<CountingRelay> {
		const relay = new CountingRelay(await freePort(), new URL(target));
		await relay.up();
		return relay;
	}

	async up(): Promise<void> {
		this.#server = createServer((client) => this.#take(client));
		this.#server.listen({ port: this.port, host: '127.0.0.1', backlog: 4_096 });
		await once(this.#server, 'listening');
	}

	/** Closes every connection and refuses new ones. */
	async down(): Promise<void> {
		const server = this.#server;
		if (server === null) return;
		this.#server = null;
		const closed = once(server, 'close');
		server.close();
		for (const socket of this.#sockets) socket.destroy();
		await closed;
	}

	#take(client: Socket): void {
		const upstream = connect(Number(this.target.port), this.target.hostname);
		const count = dataFrames(() => this.atMs.push(performance.now()));
		client.on('data', count);
		client.pipe(upstream).pipe(client);
		for (const [socket, other] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			socket.setNoDelay(true);
			this.#sockets.add(socket);
			socket.on('error', () => {});
			socket.once('close', () => {
				this.#sockets.delete(socket);
				other.destroy();
			});
		}
	}
}

/** Takes what a client sends, in chunks of any size, and tells of each DATA frame that is not empty. */
export function dataFrames(found: () => void): (chunk: Buffer) => void {
	let skip = PREFACE;
	let head = Buffer.alloc(0);
	return (chunk) => {
		let rest = chunk;
		while (rest.length > 0) {
			const skipped = Math.min(skip, rest.length);
			skip -= skipped;
			rest = rest.subarray(skipped);
			if (skip > 0) return;
			const taken = rest.subarray(0, HEAD - head.length);
			head = Buffer.concat([head, taken]);
			rest = rest.subarray(taken.length);
			if (head.length < HEAD) return;
			skip = head.readUIntBE(0, 3);
			if (head[3] === DATA && skip > 0) found();
			head = Buffer.alloc(0);
		}
	};
}
