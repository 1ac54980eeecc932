/**
 * The services of this process and the keys they want. Says what should be in etcd, never what is. Adding,
 * changing and removing one service takes a time that hardly depends on how many there are; what is wanted is
 * put together once after any number of changes.
 */
import type { ServiceConfig } from '../../core/settings/config.js';
import type { Logger } from '../ports.js';
import { Handovers } from './handover.js';
import { Pauses } from './pauses.js';
import { knownAddr, OwnService } from './service.js';
import { assertCarried, ServiceIndex } from './service-index.js';
import { View } from './view.js';
import { Weights } from './weights.js';

export interface Replacement {
	readonly former: OwnService;
	readonly config: ServiceConfig;
	/** Left out = the former's while the configured one is the same, else what that says. */
	readonly addr?: string;
}

export class Services {
	/** In the order in which they were added; a service that takes another's place takes its slot. */
	readonly #slots = new Map<number, OwnService>();
	readonly pauses = new Pauses();
	readonly #index = new ServiceIndex();
	readonly #handovers: Handovers;
	readonly weights: Weights;
	#nextSlot = 0;
	#view: View | null = null;

	constructor(
		private readonly ttlSeconds: number,
		/** Whether this process wrote the key and does not know it to be gone. */
		mayStand: (key: string) => boolean,
		logger?: Pick<Logger, 'warn'>,
	) {
		this.#handovers = new Handovers(mayStand, this.#changed);
		this.weights = new Weights(
			() => this.all,
			(service, weight) => this.#render(service, weight),
			logger,
		);
	}

	get all(): Iterable<OwnService> {
		return this.#slots.values();
	}

	/** Those whose address is found out, known or not yet. */
	get detected(): readonly OwnService[] {
		return this.#index.detected;
	}

	has(service: OwnService): boolean {
		return this.#slots.get(service.slot) === service;
	}

	/**
	 * By the address as it was given, or as it was resolved. Several: one service configured several times,
	 * each with formats of its own.
	 */
	named(name: string, addr: string): readonly OwnService[] {
		return this.#index.named(name, addr);
	}

	/** Services that were compared with each other already. */
	addChecked(configs: readonly ServiceConfig[]): void {
		for (const config of configs) this.#insert(config, knownAddr(config));
	}

	/** @throws ConfigError when its keys would clash with those of another service */
	add(config: ServiceConfig): OwnService {
		this.#index.assertApart([[config, knownAddr(config)]]);
		return this.#insert(config, knownAddr(config));
	}

	/** The key goes at once. */
	remove(service: OwnService): void {
		this.#slots.delete(service.slot);
		this.#index.delete(service);
		this.#handovers.begin(service, null);
		const { name } = service.config;
		if (this.pauses.isNamed(name) && !this.names.has(name)) this.pauses.forget(name);
	}

	get names(): ReadonlySet<string> {
		return new Set([...this.all].map(({ config }) => config.name));
	}

	/** `null` = all. */
	*called(name: string | null): Iterable<OwnService> {
		for (const service of this.all) if (name === null || service.config.name === name) yield service;
	}

	/** After a change of the pauses. */
	applyPauses(): void {
		for (const service of this.all) service.pause = this.pauses.of(service.config.name);
	}

	/**
	 * All or none. Keys that change are written first; those they replace go when the new ones stand. Returns
	 * what took the places, in order.
	 * @throws ConfigError as {@link add}
	 */
	replace(replacements: readonly Replacement[]): readonly OwnService[] {
		const places = replacements.map(({ former, config, addr }) => {
			const same = config.addr === former.config.addr ? former.addr : knownAddr(config);
			return { former, config, addr: addr ?? same };
		});
		this.#index.assertApart(
			places.map(({ config, addr }) => [config, addr]),
			new Set(places.map(({ former }) => former)),
		);
		return places.map(({ former, config, addr }) => {
			const next = this.#insert(config, addr, former);
			this.#index.delete(former);
			if (config.check !== null && config.check === former.config.check) next.healthy = former.healthy;
			this.#handovers.begin(former, next);
			return next;
		});
	}

	/**
	 * The address of a wildcard was found out. @throws ConfigError when a format cannot carry it, or its keys
	 * clash with another's
	 */
	resolved(service: OwnService, addr: string): void {
		assertCarried(service.config, addr);
		this.#index.assertApart([[service.config, addr]], new Set([service]));
		this.#index.delete(service);
		service.resolve(addr);
		this.#index.add(service);
		this.#render(service);
	}

	/** What should be in etcd now. The same object as long as nothing changes. */
	get view(): View {
		this.#view ??= new View(this.all, this.#handovers);
		return this.#view;
	}

	/** After each pass: what is gone is forgotten. `true` = keys that are still there have just become due. */
	settle(verified: (key: string) => boolean): boolean {
		return this.#handovers.settle(verified);
	}

	/** Its own keys, and those that are handed over to it. */
	keysOf(service: OwnService): readonly string[] {
		const leaving = this.#handovers.to(service)?.keys.keys() ?? [];
		return [...service.entries.map(({ key }) => key), ...leaving];
	}

	/** Whether keys that this service replaced wait for nothing but the next pass to be taken away. */
	hasDue(service: OwnService): boolean {
		const handover = this.#handovers.to(service);
		return handover !== undefined && [...handover.keys.values()].some(({ isDue }) => isDue);
	}

	readonly #changed = (): void => {
		this.#view = null;
	};

	#insert(config: ServiceConfig, addr: string | null, instead?: OwnService): OwnService {
		const slot = instead?.slot ?? this.#nextSlot++;
		const service = new OwnService(config, addr, slot, this.#changed);
		service.pause = this.pauses.of(config.name);
		this.#slots.set(slot, service);
		this.#index.add(service);
		const kept = config.weight === instead?.config.weight ? instead?.weight : undefined;
		this.#render(
			service,
			typeof config.weight === 'function' ? (this.weights.ask(service) ?? kept) : undefined,
		);
		return service;
	}

	#render(service: OwnService, weight = service.weight): void {
		service.render(this.ttlSeconds, { weight, percent: this.weights.machinePercent });
		for (const { key } of service.entries) this.#handovers.stays(key);
	}
}
