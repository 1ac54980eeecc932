/** One service of this process: its configuration, and what it wants to stand in etcd now. */
import { parseAddress } from '../../core/address.js';
import type { Entry } from '../../core/registration.js';
import type { ServiceConfig } from '../../core/settings/config.js';
import { entriesOf, type NamedService, PLACEHOLDER_HOST, resolvedAddr } from '../../core/settings/entries.js';
import type { Owner } from './handover.js';
import type { Pause } from './pauses.js';

export interface CurrentWeight {
	/** The last good answer of a weight function; `undefined` = none yet. */
	readonly weight?: number | undefined;
	/** Of `auto`: this part of the full weight. */
	readonly percent: number;
}

export class OwnService {
	#addr: string | null;
	#entries: readonly Entry[] = [];
	#healthy: boolean;
	#pause: Pause | null = null;
	#weight: number | undefined;

	constructor(
		readonly config: ServiceConfig,
		/** `null` until a wildcard address was resolved. */
		addr: string | null,
		/** Its place in the order of all services; a successor inherits it. */
		readonly slot: number,
		/** Called when it wants something else than before. */
		private readonly changed: () => void,
	) {
		this.#addr = addr;
		this.#healthy = config.check === null;
	}

	get addr(): string | null {
		return this.#addr;
	}

	/** None while the address is not known. */
	get entries(): readonly Entry[] {
		return this.#entries;
	}

	/** The last good answer of its weight function. */
	get weight(): number | undefined {
		return this.#weight;
	}

	/** As its health check says; without one it is healthy. */
	get healthy(): boolean {
		return this.#healthy;
	}

	set healthy(healthy: boolean) {
		if (healthy === this.#healthy) return;
		this.#healthy = healthy;
		this.changed();
	}

	/** `null` = it is not paused. */
	get pause(): Pause | null {
		return this.#pause;
	}

	set pause(pause: Pause | null) {
		if (pause === this.#pause) return;
		this.#pause = pause;
		this.changed();
	}

	/** Whether its keys should stand. */
	get isWanted(): boolean {
		return this.#healthy && this.#pause === null;
	}

	get owner(): Owner {
		return { service: this.config.name, addr: this.#addr ?? this.config.addr };
	}

	/** Also before a wildcard is resolved. */
	get named(): NamedService {
		return namedService(this.config, this.#addr);
	}

	/** The address was found out. */
	resolve(addr: string): void {
		this.#addr = addr;
	}

	/** Renders the keys and values anew. */
	render(ttlSeconds: number, { weight, percent }: CurrentWeight): void {
		this.#weight = weight;
		if (this.#addr === null) return;
		this.#entries = entriesOf(this.config, this.#addr, {
			ttlSeconds,
			weight,
			weightPercent: this.config.weight === 'auto' ? percent : undefined,
		});
		this.changed();
	}
}

/** As clashes are told of it; a placeholder stands for an address that is not known yet. */
export function namedService(config: ServiceConfig, addr: string | null): NamedService {
	return {
		config,
		addr: addr ?? resolvedAddr(config, PLACEHOLDER_HOST),
		label: `${config.name} at ${config.addr}`,
	};
}

/** `null` = a wildcard whose address has to be found out. */
export function knownAddr(config: ServiceConfig): string | null {
	return isDetected(config) ? null : resolvedAddr(config, PLACEHOLDER_HOST);
}

/** Its address is that of the interface that routes to etcd. */
export function isDetected(config: ServiceConfig): boolean {
	const address = parseAddress(config.addr);
	return 'value' in address && address.value.wildcard !== null && config.host === undefined;
}
