/**
 * grpc-js gets its addresses from names.ts: by a scheme of its own, since its `dns:` calls getaddrinfo for
 * each channel anew.
 */
import { experimental, Metadata, status } from '@grpc/grpc-js';
import { addressesOf } from './names.js';

const SCHEME = 'etcd-registrar';
let registered = false;

/**
 * What a channel to `host:port` is given as its target. The name stays its authority, and the name in the
 * server's certificate.
 */
export function targetOf(hostPort: string): string {
	if (!registered) experimental.registerResolver(SCHEME, NameResolver);
	registered = true;
	return `${SCHEME}:${hostPort}`;
}

class NameResolver implements experimental.Resolver {
	readonly #host: string;
	readonly #port: number;
	#asking: AbortController | null = null;

	constructor(
		target: experimental.GrpcUri,
		private readonly listener: experimental.ResolverListener,
	) {
		const at = experimental.splitHostPort(target.path);
		this.#host = at?.host ?? target.path;
		this.#port = at?.port ?? 2379;
	}

	static getDefaultAuthority(target: experimental.GrpcUri): string {
		return target.path;
	}

	/** Answers once: a channel connects once, and one that fails asks again without a pause. */
	updateResolution(): void {
		if (this.#asking !== null) return;
		const asking = new AbortController();
		this.#asking = asking;
		const tell = (result: Parameters<experimental.ResolverListener>[0]) => {
			if (!asking.signal.aborted) this.listener(result, {}, null, '');
		};
		addressesOf(this.#host, asking.signal).then(
			(hosts) => {
				const endpoints = hosts.map((host) => ({ addresses: [{ host, port: this.#port }] }));
				tell(experimental.statusOrFromValue(endpoints));
			},
			(error: unknown) => {
				const details = `Name resolution failed for ${this.#host}: ${error instanceof Error ? error.message : error}`;
				tell(experimental.statusOrFromError({ code: status.UNAVAILABLE, details, metadata: new Metadata() }));
			},
		);
	}

	destroy(): void {
		this.#asking?.abort();
		this.#asking = null;
	}
}
