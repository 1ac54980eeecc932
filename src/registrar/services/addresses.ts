/**
 * The addresses of services that are configured with a wildcard (`:8080`): found out before the first pass
 * that needs them, and again once an interval, since a host may get another address (a new DHCP lease,
 * another route to etcd).
 */
import { formatAddress, parseAddress } from '../../core/address.js';
import type { ServiceConfig } from '../../core/settings/config.js';
import type { RegistrarParts } from '../parts.js';
import type { OwnService } from './service.js';
import type { Services } from './services.js';

export type AddressParts = Pick<RegistrarParts, 'resolve' | 'clock' | 'ttlSeconds' | 'logger'>;

/** A bit less than the interval, so that a poll that is a few milliseconds early does not skip its turn. */
const LEAST_INTERVALS = 0.9;

export class Addresses {
	#askedMs = Number.NEGATIVE_INFINITY;
	#isAsking = false;
	#isStopped = false;
	#isFailing = false;

	constructor(
		private readonly services: Services,
		private readonly parts: AddressParts,
		/** Moves the service. @throws ConfigError when it cannot be there */
		private readonly move: (service: OwnService, addr: string) => void,
	) {}

	stop(): void {
		this.#isStopped = true;
	}

	/**
	 * Of those that have none yet. Rejects with the resolver's error, or with a `ConfigError` where a service
	 * cannot be at its address.
	 */
	async find(): Promise<void> {
		const open = this.services.detected.filter(({ addr }) => addr === null);
		if (open.length === 0) return;
		const addrOf = this.#addrs();
		for (const service of open) {
			const addr = await addrOf(service.config);
			if (service.addr === null && this.services.has(service)) this.services.resolved(service, addr);
		}
		this.#askedMs = this.parts.clock.now();
	}

	/**
	 * In the background, at most once an interval: no pass waits for a name service. A service whose address
	 * has changed moves, its new key first. Without an answer, or where a service cannot be at the new address,
	 * the last one stands, which is reported once.
	 */
	refresh(): void {
		const { clock, ttlSeconds } = this.parts;
		if (this.#isAsking || clock.now() - this.#askedMs < LEAST_INTERVALS * ttlSeconds * 1_000) return;
		const known = this.services.detected.filter(({ addr }) => addr !== null);
		if (known.length > 0) void this.#ask(known);
	}

	async #ask(known: readonly OwnService[]): Promise<void> {
		this.#isAsking = true;
		this.#askedMs = this.parts.clock.now();
		const addrOf = this.#addrs();
		let failure: unknown = null;
		for (const service of known) {
			try {
				const addr = await addrOf(service.config);
				if (this.#isStopped || !this.services.has(service) || addr === service.addr) continue;
				const { name } = service.config;
				this.parts.logger.info('this host has another address: moving', {
					...{ service: name, from: service.addr, to: addr },
				});
				this.move(service, addr);
			} catch (error) {
				failure ??= error;
			}
		}
		this.#isAsking = false;
		if (failure !== null && !this.#isFailing && !this.#isStopped)
			this.parts.logger.warn('the address of this host cannot be found out again: the last one stands', {
				error: failure,
			});
		this.#isFailing = failure !== null;
	}

	/** Asks once for each kind of wildcard, however many services have it. */
	#addrs(): (config: ServiceConfig) => Promise<string> {
		const hosts = new Map<string, Promise<string>>();
		return async (config) => {
			const own = parseAddress(config.addr);
			if (!('value' in own)) return config.addr;
			const kind = String(own.value.wildcard);
			const host = hosts.get(kind) ?? this.#host(config);
			hosts.set(kind, host);
			return formatAddress(await host, own.value.port);
		};
	}

	async #host(config: ServiceConfig): Promise<string> {
		const found = parseAddress(await this.parts.resolve(config));
		return 'value' in found ? found.value.host : '';
	}
}
