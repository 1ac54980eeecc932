/** The services of this process and the keys they want. Says what should be in etcd, never what is. */
import { parseAddress } from '../core/address.js';
import type { ServiceConfig } from '../core/config/config.js';
import { clashesOf, entriesOf, formatProblems, PLACEHOLDER_HOST, resolvedAddr } from '../core/config/entries.js';
import { ConfigError } from '../core/errors.js';
import type { Desired, Entry } from '../core/registration.js';

export interface Member {
	readonly config: ServiceConfig;
	/** `null` until a wildcard address was resolved. */
	addr: string | null;
	entries: readonly Entry[];
	/** What its health check last said; without one it is well. */
	healthy: boolean;
}

/** A key that no service wants any more: it goes when the keys that take its place were verified. */
interface Leaving {
	readonly value: string;
	readonly successors: readonly string[];
}

export class Services {
	readonly #members = new Map<string, Member>();
	readonly #leaving = new Map<string, Leaving>();
	#weightPercent = 100;

	constructor(private readonly ttlSeconds: number) {}

	get all(): readonly Member[] {
		return [...this.#members.values()];
	}

	/** By the address as it was given, or as it was resolved. */
	find(name: string, addr: string): Member | undefined {
		return this.#members.get(idOf(name, addr)) ?? this.all.find((member) => member.config.name === name && member.addr === addr);
	}

	/** @throws ConfigError when its keys would meet those of another service; `instead`: the one that it replaces. */
	add(config: ServiceConfig, addr = knownAddr(config), instead?: Member): Member {
		this.#assertApart(config, instead);
		const member: Member = { config, addr, entries: [], healthy: config.check === null };
		this.#members.set(idOf(config.name, config.addr), member);
		this.#render(member);
		return member;
	}

	/** The key goes at once. */
	remove(member: Member): void {
		this.#members.delete(idOf(member.config.name, member.config.addr));
		for (const { key, value } of member.entries) this.#leaving.set(key, { value, successors: [] });
	}

	/** Keys that change are written first; those they replace go when the new ones stand. */
	replace(member: Member, config: ServiceConfig): Member {
		const addr = config.addr === member.config.addr ? member.addr : knownAddr(config);
		const next = this.add(config, addr, member);
		if (config.addr !== member.config.addr) this.#members.delete(idOf(member.config.name, member.config.addr));
		next.healthy = member.healthy;
		const successors = next.entries.map(({ key }) => key);
		for (const { key, value } of member.entries) if (!successors.includes(key)) this.#leaving.set(key, { value, successors });
		return next;
	}

	/** A wildcard address was resolved. @throws ConfigError when a format cannot carry what became of it. */
	resolved(member: Member, addr: string): void {
		const problems = formatProblems(member.config, addr).map(
			({ format, problem }) => `${member.config.name}: format ${format} expects ${problem.expected}: ${problem.mend}`,
		);
		if (problems.length > 0) throw new ConfigError(problems);
		member.addr = addr;
		this.#render(member);
	}

	/** Of `SERVICE_WEIGHT=auto`: 1 to 100, the part of its weight that the machine can carry now. */
	weigh(percent: number): void {
		this.#weightPercent = percent;
		for (const member of this.all) if (member.config.weight === 'auto') this.#render(member);
	}

	/** What should stand in etcd now. `paused`: nothing. Weights that a function gives are asked for here. */
	wanted(paused: boolean, verified: (key: string) => boolean): Map<string, Desired> {
		const wanted = new Map<string, Desired>();
		for (const [key, { value, successors }] of this.#leaving) {
			const inPlace = successors.every(verified);
			wanted.set(key, paused || inPlace ? null : value);
		}
		for (const member of this.#members.values()) {
			if (typeof member.config.weight === 'function') this.#render(member);
			for (const { key, value } of member.entries) wanted.set(key, paused || !member.healthy ? null : value);
		}
		return wanted;
	}

	/** A key that left is spoken of no more. `true` = there are others whose turn has come. */
	left(isGone: (key: string) => boolean, verified: (key: string) => boolean): boolean {
		for (const key of this.#leaving.keys()) if (isGone(key)) this.#leaving.delete(key);
		return [...this.#leaving.values()].some(({ successors }) => successors.length > 0 && successors.every(verified));
	}

	/** Where fleets like ours stand, to count them. */
	fleetPrefixes(): ReadonlySet<string> {
		return new Set(this.all.flatMap(({ entries }) => entries.map(({ fleetPrefix }) => fleetPrefix)));
	}

	/** Which service wants a key; keys that are leaving have no owner any more. */
	owners(): ReadonlyMap<string, { readonly service: string; readonly addr: string }> {
		const owners = new Map<string, { service: string; addr: string }>();
		for (const { config, addr, entries } of this.all)
			for (const { key } of entries) owners.set(key, { service: config.name, addr: addr ?? config.addr });
		return owners;
	}

	#assertApart(config: ServiceConfig, instead?: Member): void {
		const others = this.all.filter((member) => member !== instead).map((member) => ({ config: member.config, addr: member.addr }));
		const named = [...others, { config, addr: null }].map((service) => ({
			config: service.config,
			addr: service.addr ?? resolvedAddr(service.config, PLACEHOLDER_HOST),
			label: `${service.config.name} at ${service.config.addr}`,
		}));
		const problems = clashesOf(named);
		if (problems.length > 0) throw new ConfigError(problems);
	}

	#render(member: Member): void {
		const { config, addr } = member;
		if (addr === null) return;
		member.entries = entriesOf(config, addr, {
			ttlSeconds: this.ttlSeconds,
			weight: typeof config.weight === 'function' ? Math.max(1, Math.round(config.weight())) : undefined,
			weightPercent: config.weight === 'auto' ? this.#weightPercent : undefined,
		});
	}
}

const idOf = (name: string, addr: string): string => `${name}\n${addr}`;

/** `null` = a wildcard that has to be found out. */
function knownAddr(config: ServiceConfig): string | null {
	const address = parseAddress(config.addr);
	const open = 'value' in address && address.value.wildcard !== null && config.host === undefined;
	return open ? null : resolvedAddr(config, PLACEHOLDER_HOST);
}
