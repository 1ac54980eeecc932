import { connect, type Socket } from 'node:net';
import { type Delay, DelayLine } from './delay-line.js';

/** Bytes handed on and swallowed so far, of all connections of a proxy together. */
export interface Passed {
	up: number;
	down: number;
	swallowed: number;
}

/**
 * One connection through the proxy: the client's socket, the proxy's to the target, and what is done to the
 * bytes between.
 */
export class Link {
	/** Whether the client has neither ended nor lost its side. */
	clientOpen = true;
	readonly #client: Socket;
	readonly #target: Socket;
	readonly #up: DelayLine;
	readonly #down: DelayLine;
	#swallowing = false;
	#frozen = false;
	#closed: (() => void) | null = null;

	constructor(
		client: Socket,
		to: { readonly host: string; readonly port: number },
		passed: Passed,
		delay: () => Delay,
	) {
		this.#client = client;
		this.#target = connect({ ...to, allowHalfOpen: true });
		this.#up = new DelayLine(delay);
		this.#down = new DelayLine(delay);
		for (const socket of [this.#client, this.#target]) socket.setNoDelay(true);
		this.#pump(this.#client, this.#target, this.#up, passed, 'up');
		this.#pump(this.#target, this.#client, this.#down, passed, 'down');
		const gone = () => {
			this.clientOpen = false;
		};
		this.#client.once('end', gone).once('close', gone);
	}

	/** Calls `listener` once both sides are closed. */
	onClosed(listener: () => void): void {
		this.#closed = listener;
	}

	/** While on, what comes is lost; a connection that lost something stays silent for good. */
	swallow(on: boolean): void {
		this.#swallowing = on;
	}

	/** Falls silent for good. */
	freeze(): void {
		this.#frozen = true;
	}

	/** While on, nothing is read and so nothing is lost. */
	hold(on: boolean): void {
		for (const socket of [this.#client, this.#target]) on ? socket.pause() : socket.resume();
		this.#up.hold(on);
		this.#down.hold(on);
	}

	reset(): void {
		this.#client.resetAndDestroy();
		this.#target.resetAndDestroy();
	}

	destroy(): void {
		this.#client.destroy();
		this.#target.destroy();
	}

	#pump(from: Socket, to: Socket, line: DelayLine, passed: Passed, way: 'up' | 'down'): void {
		const lost = () => {
			if (this.#swallowing) this.#frozen = true;
			return this.#frozen;
		};
		from.on('data', (chunk: Buffer) => {
			line.put(() => {
				if (lost()) passed.swallowed += chunk.length;
				else if (!to.destroyed) {
					passed[way] += chunk.length;
					to.write(chunk);
				}
			});
		});
		from.once('end', () => {
			if (!lost()) line.put(() => to.end());
		});
		from.on('error', () => {
			if (!lost()) to.destroy();
		});
		from.once('close', () => {
			if (this.#client.closed && this.#target.closed) this.#closed?.();
		});
	}
}
