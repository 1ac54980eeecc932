import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Delay } from './delay-line.js';
import { Link, type Passed } from './link.js';
import { freePort } from './net.js';

/**
 * What the proxy does to its connections:
 * - `pass`: hands everything on
 * - `blackhole`: takes connections and swallows what comes, in both directions; nothing is ever closed or
 *   answered
 * - `refuse`: the port is closed, and so is every connection
 * - `reset`: every connection is reset, also each new one
 * - `stall`: hands nothing on but loses nothing; all of it is delivered on the next `pass`
 *
 * A connection that lost bytes in a black hole stays silent after it, as one that a firewall has forgotten
 * does.
 */
export type ProxyMode = 'pass' | 'blackhole' | 'refuse' | 'reset' | 'stall';

/**
 * A TCP proxy on loopback before `target` (`host:port`, or a URL with both), for breaking the network between
 * client and etcd.
 */
export async function startProxy(target: string): Promise<TcpProxy> {
	const url = new URL(target.includes('://') ? target : `tcp://${target}`);
	const proxy = new TcpProxy(url.hostname.replace(/^\[|\]$/g, ''), Number(url.port), await freePort());
	await proxy.mode('pass');
	return proxy;
}

export class TcpProxy {
	readonly port: number;
	/** `http://…`; for TLS take the port. */
	readonly endpoint: string;
	/** Connections taken since the start: counts dials. */
	accepted = 0;
	readonly #host: string;
	readonly #targetPort: number;
	readonly #links = new Set<Link>();
	readonly #passed: Passed = { up: 0, down: 0, swallowed: 0 };
	#server: Server | null = null;
	#mode: ProxyMode = 'pass';
	#delay: Delay = { ms: 0, jitterMs: 0 };
	#resets: NodeJS.Timeout | null = null;

	constructor(host: string, targetPort: number, port: number) {
		this.#host = host;
		this.#targetPort = targetPort;
		this.port = port;
		this.endpoint = `http://127.0.0.1:${port}`;
	}

	/** Connections that the client has open now. */
	get connections(): number {
		return [...this.#links].filter((link) => link.clientOpen).length;
	}

	/**
	 * Bytes handed on to the target (`up`) and to clients (`down`), and those that a black hole or a frozen
	 * connection took, so far.
	 */
	get bytes(): Readonly<Passed> {
		return { ...this.#passed };
	}

	/** Changes what happens to open and new connections; resolves once it holds. */
	async mode(mode: ProxyMode): Promise<void> {
		this.#mode = mode;
		if (mode === 'refuse' && this.#server) {
			const closed = once(this.#server, 'close');
			this.#server.close();
			this.#server = null;
			for (const link of this.#links) link.destroy();
			await closed;
		} else if (mode !== 'refuse' && !this.#server) {
			this.#server = createServer({ allowHalfOpen: true }, (client) => this.#take(client));
			this.#server.listen(this.port, '127.0.0.1');
			await once(this.#server, 'listening');
		}
		if (mode === 'reset') this.reset();
		for (const link of this.#links) this.#obey(link);
	}

	/**
	 * From now on each chunk arrives `ms` to `ms + jitterMs` later, in both directions, never before an earlier
	 * one.
	 */
	delay(delay: { readonly ms: number; readonly jitterMs?: number }): void {
		this.#delay = { jitterMs: 0, ...delay };
	}

	/** Resets every connection that is open now. */
	reset(): void {
		for (const link of this.#links) link.reset();
	}

	/** Resets what is open every so many milliseconds; 0 = no more. */
	resetEvery(ms: number): void {
		if (this.#resets) clearInterval(this.#resets);
		this.#resets = ms > 0 ? setInterval(() => this.reset(), ms) : null;
	}

	/** The connections that are open now fall silent for good (half-open); new ones work. */
	freezeExisting(): void {
		for (const link of this.#links) link.freeze();
	}

	/** Ends everything. */
	async close(): Promise<void> {
		this.resetEvery(0);
		await this.mode('refuse');
	}

	#take(client: Socket): void {
		this.accepted += 1;
		if (this.#mode === 'reset') {
			client.on('error', () => {});
			client.resetAndDestroy();
			return;
		}
		const link = new Link(
			client,
			{ host: this.#host, port: this.#targetPort },
			this.#passed,
			() => this.#delay,
		);
		this.#links.add(link);
		link.onClosed(() => this.#links.delete(link));
		this.#obey(link);
	}

	#obey(link: Link): void {
		link.swallow(this.#mode === 'blackhole');
		link.hold(this.#mode === 'stall');
	}
}
