/** One service of this process: what it was told, and what it wants to stand in etcd now. */
import { parseAddress } from '../../core/address.js';
import type { Place } from '../../core/formats/clashes.js';
import type { Entry } from '../../core/registration.js';
import type { ServiceConfig } from '../../core/settings/config.js';
import { entriesOf, PLACEHOLDER_HOST, placesOf, resolvedAddr } from '../../core/settings/entries.js';

export interface Weighed {
	/** What a weight function last said that was good; `undefined` = nothing yet. */
	readonly weight?: number | undefined;
	/** Of `auto`: this part of the full weight. */
	readonly percent: number;
}

export class Member {
	#addr: string | null;
	#entries: readonly Entry[] = [];
	#healthy: boolean;
	#weight: number | undefined;
	#places: readonly Place[] | undefined;

	constructor(
		readonly config: ServiceConfig,
		/** `null` until a wildcard address was resolved. */
		addr: string | null,
		/** What it wants is another than before. */
		private readonly turned: () => void,
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

	/** What a weight function last said. */
	get weight(): number | undefined {
		return this.#weight;
	}

	/** What its health check last said; without one it is well. */
	get healthy(): boolean {
		return this.#healthy;
	}

	set healthy(healthy: boolean) {
		if (healthy === this.#healthy) return;
		this.#healthy = healthy;
		this.turned();
	}

	get label(): string {
		return `${this.config.name} at ${this.config.addr}`;
	}

	/** Where its keys stand among those of others, also before a wildcard is resolved. */
	get places(): readonly Place[] {
		this.#places ??= placesOf(this.named);
		return this.#places;
	}

	get named() {
		return {
			config: this.config,
			addr: this.#addr ?? resolvedAddr(this.config, PLACEHOLDER_HOST),
			label: this.label,
		};
	}

	/** The address was found out. */
	resolve(addr: string): void {
		this.#addr = addr;
		this.#places = undefined;
	}

	/** Renders the keys and values anew. */
	render(ttlSeconds: number, { weight, percent }: Weighed): void {
		this.#weight = weight;
		if (this.#addr === null) return;
		this.#entries = entriesOf(this.config, this.#addr, {
			ttlSeconds,
			weight,
			weightPercent: this.config.weight === 'auto' ? percent : undefined,
		});
		this.turned();
	}
}

/** `null` = a wildcard that has to be found out. */
export function knownAddr(config: ServiceConfig): string | null {
	const address = parseAddress(config.addr);
	const open = 'value' in address && address.value.wildcard !== null && config.host === undefined;
	return open ? null : resolvedAddr(config, PLACEHOLDER_HOST);
}
