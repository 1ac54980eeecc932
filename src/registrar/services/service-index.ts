/**
 * Finds services by name and address, and those that one more would clash with, without going through all of
 * them.
 */
import { ConfigError } from '../../core/errors.js';
import { Places } from '../../core/formats/places.js';
import { MultiMap } from '../../core/multi-map.js';
import type { ServiceConfig } from '../../core/settings/config.js';
import { clashesOf, formatProblems, placesOf } from '../../core/settings/entries.js';
import { isDetected, namedService, type OwnService } from './service.js';

export class ServiceIndex {
	readonly #named = new MultiMap<string, OwnService>();
	readonly #detected = new Set<OwnService>();
	readonly #places = new Places<OwnService>();

	add(service: OwnService): void {
		for (const key of keysOf(service)) this.#named.add(key, service);
		if (isDetected(service.config)) this.#detected.add(service);
		this.#places.add(service, placesOf(service.named));
	}

	/** With the address that it was added with. */
	delete(service: OwnService): void {
		for (const key of keysOf(service)) this.#named.delete(key, service);
		this.#detected.delete(service);
		this.#places.delete(service, placesOf(service.named));
	}

	/** By the address as it was configured, or as it was found out. */
	named(name: string, addr: string): readonly OwnService[] {
		return [...this.#named.of(keyOf(name, addr))];
	}

	/** Those whose address is found out, known or not yet. */
	get detected(): readonly OwnService[] {
		return [...this.#detected];
	}

	/**
	 * @throws ConfigError when keys of these would clash with each other's, or with those of a service that
	 * they do not replace
	 */
	assertApart(
		configs: readonly (readonly [config: ServiceConfig, addr: string | null])[],
		instead: ReadonlySet<OwnService> = new Set(),
	): void {
		const own = configs.map(([config, addr]) => namedService(config, addr));
		const near = this.#places.near(own.flatMap(placesOf), instead);
		// One key alone cannot clash with itself.
		if (near.size === 0 && own.length === 1 && configs[0]?.[0].formats.length === 1) return;
		const problems = clashesOf([...[...near].map(({ named }) => named), ...own]);
		if (problems.length > 0) throw new ConfigError(problems);
	}
}

const keyOf = (name: string, addr: string): string => `${name}\0${addr}`;
const keysOf = ({ config, owner }: OwnService): Set<string> =>
	new Set([keyOf(config.name, config.addr), keyOf(config.name, owner.addr)]);

/** @throws ConfigError when a format of the service cannot carry the address that was found out */
export function assertCarried(config: ServiceConfig, addr: string): void {
	const problems = formatProblems(config, addr).map(
		({ format, problem }) => `${config.name}: format ${format} expects ${problem.expected}: ${problem.mend}`,
	);
	if (problems.length > 0) throw new ConfigError(problems);
}
