/**
 * A resolver for grpc-js: from what discovery knows of a service to the addresses that a channel calls. A
 * channel is never given an empty list: where etcd knows no instance any more, the last known ones are worth
 * a try, and where none was ever known, the calls fail at once with the reason.
 */

import type { Instance } from '../../core/formats/index.js';
import type { Clock } from '../../core/pace.js';
import type { Discovery } from '../discovery.js';
import {
	type GrpcEndpoint,
	type GrpcJs,
	type GrpcListener,
	type GrpcServiceConfig,
	type Target,
	tellEndpoints,
	tellError,
} from './interface.js';
import { serviceConfigOf } from './service-config.js';

export interface ResolverParts {
	readonly grpc: Pick<GrpcJs, 'Metadata'>;
	/** Follows the service of this name until it is released. Throws for a name that no service can have. */
	readonly follow: (name: string) => { readonly thing: Discovery; readonly release: () => void };
	/** Throws for a name that no service can have. */
	readonly check: (name: string) => void;
	readonly clock: Clock;
}

/** google.rpc.Code */
const UNAVAILABLE = 14;
/** A channel asks anew each time that a connection breaks: etcd is asked at most once in so long for that. */
const RERESOLVE_MS = 1_000;

/** The class that `registerResolver` of grpc-js takes. */
export function resolverClass(parts: ResolverParts): ResolverConstructor {
	return class extends Resolver {
		constructor(target: Target, listener: GrpcListener, options: ChannelOptions) {
			super(parts, target, listener, options);
		}

		/** What TLS checks the certificate against, unless `grpc.ssl_target_name_override` names another. */
		static getDefaultAuthority(target: Target): string {
			return hostLike(nameOf(target));
		}
	};
}

type ChannelOptions = Readonly<Record<string, unknown>>;

interface ResolverConstructor {
	new (target: Target, listener: GrpcListener, options: ChannelOptions): Resolver;
	getDefaultAuthority(target: Target): string;
}

class Resolver {
	readonly #name: string;
	readonly #serviceConfig: GrpcServiceConfig | null;
	#following: Following | null = null;
	/** The last that the channel was given: kept while it is idle. */
	#endpoints: readonly GrpcEndpoint[] = [];
	/** What they were made of, since the channel was last idle. */
	#told: readonly Instance[] | null = null;

	constructor(
		private readonly parts: ResolverParts,
		target: Target,
		private readonly listener: GrpcListener,
		options: ChannelOptions,
	) {
		this.#name = nameOf(target);
		parts.check(this.#name);
		this.#serviceConfig = serviceConfigOf(options['grpc.service_config']);
	}

	/**
	 * Begins, or, where it has begun, has etcd asked anew soon. grpc-js forbids to call the listener from in
	 * here.
	 */
	updateResolution(): void {
		if (this.#following !== null) return this.#following.askAnew();
		const following = new Following(this.parts, this.#name, () => {
			if (this.#following === following) this.#tell(following);
		});
		this.#following = following;
		this.#told = null;
		queueMicrotask(() => {
			if (this.#following !== following) return;
			if (following.discovery.instances.length > 0) return this.#tell(following);
			if (this.#endpoints.length > 0) tellEndpoints(this.listener, this.#endpoints, this.#serviceConfig);
			else this.#tell(following);
		});
	}

	/** The channel is closed, or idle: then `updateResolution` begins again. */
	destroy(): void {
		this.#following?.end();
		this.#following = null;
	}

	#tell({ discovery }: Following): void {
		const { instances } = discovery;
		if (instances.length > 0) {
			if (instances === this.#told) return;
			this.#told = instances;
			this.#endpoints = endpointsOf(instances);
			return tellEndpoints(this.listener, this.#endpoints, this.#serviceConfig);
		}
		const { state, lastError } = discovery.status();
		if (this.#endpoints.length > 0 || (state === 'waiting' && lastError === null)) return;
		const details =
			state === 'waiting'
				? `${this.#name} cannot be looked up, etcd does not answer: ${lastError}`
				: `no instance of ${this.#name} is registered`;
		tellError(this.listener, { code: UNAVAILABLE, details, metadata: new this.parts.grpc.Metadata() });
	}
}

/** One channel's part of a discovery. */
class Following {
	readonly discovery: Discovery;
	readonly #ends: (() => void)[];
	#askedMs = Number.NEGATIVE_INFINITY;

	constructor(
		private readonly parts: ResolverParts,
		name: string,
		changed: () => void,
	) {
		const { thing, release } = parts.follow(name);
		this.discovery = thing;
		this.#ends = [
			thing.on('changed', changed),
			thing.on('stale', changed),
			thing.on('fresh', changed),
			release,
		];
		// Without any instance there is no change to be told of.
		thing.ready().then(
			() => thing.instances.length === 0 && changed(),
			() => {},
		);
	}

	askAnew(): void {
		const now = this.parts.clock.now();
		if (now - this.#askedMs < RERESOLVE_MS) return;
		this.#askedMs = now;
		this.discovery.refresh();
	}

	end(): void {
		for (const end of this.#ends.splice(0)) end();
	}
}

function nameOf({ path }: Target): string {
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}

/**
 * grpc-js makes a URL of it: what no host can have becomes a hyphen, and a number at the end would be read as
 * an IPv4 address.
 */
function hostLike(name: string): string {
	const host = name.replace(/[^A-Za-z0-9._-]/g, '-');
	return URL.canParse(`http://${host}/`) ? host : host.replaceAll('.', '-');
}

/** Each address once: two keys may hold one. */
function endpointsOf(instances: readonly Instance[]): readonly GrpcEndpoint[] {
	const byAddress = new Map(instances.map((instance) => [instance.addr, instance]));
	return [...byAddress.values()].map(({ host, port, id, version, weight, metadata }) => ({
		addresses: [{ host, port }],
		attributes: { id, version, weight, metadata },
	}));
}
