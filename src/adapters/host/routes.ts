/**
 * The local ends of the routes to etcd's endpoints: by which of its addresses this machine reaches each. No
 * packet is sent but to DNS.
 */
import { createSocket } from 'node:dgram';
import { isIPv4, isIPv6, parseTarget } from '../../core/address.js';
import { addressesOf } from '../etcd/connection/names.js';

/** Of one endpoint: at least one local address. */
export type Route = PromiseSettledResult<readonly string[]>;

/** A name service that does not answer is asked again later, not waited for. */
const LOOKUP_LIMIT_MS = 3000;
/** So long after it began a detection is still true, unless some of it failed. */
const SHARED_MS = 500;

/** Keep one for as long as addresses are resolved: calls that follow each other closely share a detection. */
export class Routes {
	#latest: { readonly atMs: number; readonly routes: Promise<readonly Route[]> } | null = null;

	constructor(
		/** The addresses of a name. When the signal aborts, nobody waits for them any more. */
		private readonly ask: (host: string, signal: AbortSignal) => Promise<readonly string[]> = addressesOf,
	) {}

	/** One for each endpoint, all asked at once. */
	to(endpoints: readonly string[]): Promise<readonly Route[]> {
		const nowMs = performance.now();
		if (this.#latest === null || nowMs - this.#latest.atMs > SHARED_MS) {
			const routes = Promise.allSettled(endpoints.map((endpoint) => this.#towards(endpoint)));
			const latest = { atMs: nowMs, routes };
			this.#latest = latest;
			void routes.then((all) => {
				const isWhole = all.every(({ status }) => status === 'fulfilled');
				if (!isWhole && this.#latest === latest) this.#latest = null;
			});
		}
		return this.#latest.routes;
	}

	/** Rejects when the endpoint has no address or none has a route. */
	async #towards(endpoint: string): Promise<readonly string[]> {
		const target = parseTarget(endpoint.replace(/^https?:\/\//, ''));
		if (!('value' in target)) throw new Error(`not an endpoint: ${endpoint}`);
		const { host, port } = target.value;
		const remotes = isIPv4(host) || isIPv6(host) ? [host] : await this.#addressesOf(host);
		const routes = await Promise.allSettled(remotes.map((remote) => localEnd(remote, port)));
		const found = routes.flatMap((route) => (route.status === 'fulfilled' ? [route.value] : []));
		const failed = routes.find((route) => route.status === 'rejected');
		if (found.length === 0) throw failed?.reason ?? new Error(`${host} has no address`);
		return found;
	}

	async #addressesOf(host: string): Promise<readonly string[]> {
		const asking = new AbortController();
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<never>((_, reject) => {
			const error = new Error(`${host}: no answer from the name service`);
			timer = setTimeout(() => reject(error), LOOKUP_LIMIT_MS);
		});
		try {
			return await Promise.race([this.ask(host, asking.signal), late]);
		} finally {
			clearTimeout(timer);
			asking.abort();
		}
	}
}

function localEnd(remote: string, port: number): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = createSocket(isIPv6(remote) ? 'udp6' : 'udp4');
		const settle = (act: () => void): void => {
			socket.close();
			act();
		};
		socket.once('error', (error) => settle(() => reject(error)));
		socket.connect(port, remote, (error?: Error) => {
			if (error) return settle(() => reject(error));
			const { address } = socket.address();
			settle(() => resolve(address));
		});
	});
}
