/**
 * The TCP sockets of each client, so that closing it ends them. grpc-js closes a channel gracefully: against
 * a peer that accepts and stays silent, or that answers no SYN, its sockets stay open for minutes and keep
 * the process alive. Node tells of each new socket (diagnostics channel `net.client.socket`); whose it is,
 * the asynchronous context of the call tells.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

const owner = new AsyncLocalStorage<Sockets | undefined>();
let listening = false;

/**
 * Whose calls may dial. Before Node 24 a context is paid for at every promise and timer of the whole process,
 * the application's too: so it is given up when everybody is connected, and a while later, since grpc-js may
 * dial once more for a channel that was closed.
 */
const dialling = new Set<Sockets>();
const QUIET_MS = 60_000;
let quiet: NodeJS.Timeout | undefined;

/**
 * The listener, called outside of the context that its stream was opened in. What it starts (a pass, and the
 * application's own listeners in it) opens sockets that are not ours to end.
 */
export const outside =
	<A extends unknown[]>(listener: (...args: A) => unknown) =>
	(...args: A): unknown =>
		owner.run(undefined, () => listener(...args));

export class Sockets {
	readonly #open = new Set<Socket>();
	#closed = false;

	constructor() {
		if (listening) return;
		listening = true;
		subscribe('net.client.socket', (message) => {
			owner.getStore()?.add((message as { readonly socket: Socket }).socket);
		});
	}

	/** Sockets that the work opens, now or later, are ours: until `connected()`. */
	own<T>(work: () => T): T {
		clearTimeout(quiet);
		dialling.add(this);
		try {
			return owner.run(this, work);
		} finally {
			if (this.#closed) this.connected();
		}
	}

	/** The work has its connection and opens no more. Idempotent. */
	connected(): void {
		if (!dialling.delete(this) || dialling.size > 0) return;
		clearTimeout(quiet);
		quiet = setTimeout(() => dialling.size === 0 && owner.disable(), QUIET_MS).unref();
	}

	add(socket: Socket): void {
		// grpc-js may dial once more for a channel that was closed. Node 20 tells of a socket before it connects
		// it: this one never does.
		if (this.#closed) {
			socket.connect = () => socket.destroy();
			setImmediate(() => socket.destroy());
		}
		this.#open.add(socket);
		socket.once('close', () => this.#open.delete(socket));
	}

	/** Idempotent. */
	destroy(): void {
		this.#closed = true;
		this.connected();
		for (const socket of this.#open) socket.destroy();
	}
}
