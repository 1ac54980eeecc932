/** The services of this process and the keys they want. Says what should be in etcd, never what is. */

import { ConfigError } from '../../core/errors.js';
import { mayClash } from '../../core/formats/clashes.js';
import type { Desired } from '../../core/registration.js';
import type { ServiceConfig } from '../../core/settings/config.js';
import { clashesOf, formatProblems } from '../../core/settings/entries.js';
import type { WeightStatus } from '../events.js';
import type { Logger } from '../ports.js';
import { Leaving } from './handover.js';
import { Scales } from './scales.js';
import { knownAddr, Member } from './service.js';

export type { Member } from './service.js';

export class Services {
	readonly #members = new Set<Member>();
	readonly #leaving = new Leaving();
	readonly #scales: Scales;
	#machine = { percent: 100, why: 'the full weight: no load was measured yet' };
	#cache: { readonly state: string; readonly wanted: ReadonlyMap<string, Desired> } | null = null;

	constructor(
		private readonly ttlSeconds: number,
		logger?: Pick<Logger, 'warn'>,
	) {
		this.#scales = new Scales(logger);
	}

	get all(): readonly Member[] {
		return [...this.#members];
	}

	/** By the address as it was given, or as it was resolved. Several: one service told as several, each with formats of its own. */
	named(name: string, addr: string): readonly Member[] {
		return this.all.filter(
			({ config, addr: resolved }) => config.name === name && (config.addr === addr || resolved === addr),
		);
	}

	/** Services that were checked together already: comparing each with each once more would take its time. */
	addChecked(configs: readonly ServiceConfig[]): void {
		for (const config of configs) this.#insert(config, knownAddr(config));
	}

	/** @throws ConfigError when its keys would meet those of another service */
	add(config: ServiceConfig): Member {
		this.#assertApart(config);
		return this.#insert(config, knownAddr(config));
	}

	/** The key goes at once. */
	remove(member: Member): void {
		this.#members.delete(member);
		this.#leaving.add(member, null);
		this.#cache = null;
	}

	/** Keys that change are written first; those they replace go when the new ones stand. @throws ConfigError as {@link add} */
	replace(member: Member, config: ServiceConfig): Member {
		this.#assertApart(config, member);
		this.#members.delete(member);
		const next = this.#insert(
			config,
			config.addr === member.config.addr ? member.addr : knownAddr(config),
			member,
		);
		if (config.check !== null && config.check === member.config.check) next.healthy = member.healthy;
		this.#leaving.add(member, next);
		return next;
	}

	/** A wildcard address was resolved. @throws ConfigError when a format cannot carry what became of it. */
	resolved(member: Member, addr: string): void {
		const problems = formatProblems(member.config, addr).map(
			({ format, problem }) =>
				`${member.config.name}: format ${format} expects ${problem.expected}: ${problem.mend}`,
		);
		if (problems.length > 0) throw new ConfigError(problems);
		member.resolve(addr);
		this.#render(member);
	}

	/** Whether the machine's load has to be measured. */
	get followLoad(): boolean {
		for (const { config } of this.#members) if (config.weight === 'auto') return true;
		return false;
	}

	/** Of `SERVICE_WEIGHT=auto`: 1 to 100, the part of its weight that the machine can carry now. */
	weigh(percent: number, why = 'the machine’s load'): void {
		this.#machine = { percent, why };
		for (const member of this.#members) if (member.config.weight === 'auto') this.#render(member);
	}

	/** Before each pass: asks the functions that give weights. */
	weighAll(): void {
		for (const member of this.#members) {
			if (typeof member.config.weight !== 'function') continue;
			const weight = this.#scales.ask(member);
			if (weight !== member.weight) this.#render(member, weight);
		}
	}

	/** Of the services that carry one. */
	weights(): WeightStatus[] {
		return this.all.flatMap(({ config, addr, weight }) => {
			const about = { service: config.name, addr: addr ?? config.addr };
			if (config.weight === undefined) return [];
			if (config.weight === 'auto')
				return [{ ...about, weight: this.#machine.percent, why: this.#machine.why }];
			if (typeof config.weight === 'number')
				return [{ ...about, weight: config.weight, why: 'as configured' }];
			return weight === undefined ? [] : [{ ...about, weight, why: 'as its function said' }];
		});
	}

	/** What should stand in etcd now. `paused`: nothing. The same map as long as nothing changes. */
	wanted(paused: boolean, verified: (key: string) => boolean): ReadonlyMap<string, Desired> {
		const leaving = this.#leaving.wanted(paused, verified);
		const state = `${paused} ${leaving.map(([, desired]) => (desired === null ? 0 : 1)).join('')}`;
		if (this.#cache?.state === state) return this.#cache.wanted;
		const wanted = new Map<string, Desired>(leaving);
		for (const { entries, healthy } of this.#members)
			for (const { key, value } of entries) wanted.set(key, paused || !healthy ? null : value);
		this.#cache = { state, wanted };
		return wanted;
	}

	/** A key that left is spoken of no more. `true` = there are others whose turn has just come. */
	left(isGone: (key: string) => boolean, verified: (key: string) => boolean): boolean {
		return this.#leaving.left(isGone, verified);
	}

	/** The keys of each service, those that are handed over by themselves. */
	groups(): Iterable<readonly string[]> {
		return this.all.map(({ entries }) => entries.map(({ key }) => key));
	}

	/** Where fleets like ours stand, to count them. */
	fleetPrefixes(): ReadonlySet<string> {
		return new Set(this.all.flatMap(({ entries }) => entries.map(({ fleetPrefix }) => fleetPrefix)));
	}

	/** Which service wants a key; keys that are leaving have no owner any more. */
	owners(): ReadonlyMap<string, { readonly service: string; readonly addr: string }> {
		const owners = new Map<string, { service: string; addr: string }>();
		for (const { config, addr, entries } of this.#members)
			for (const { key } of entries) owners.set(key, { service: config.name, addr: addr ?? config.addr });
		return owners;
	}

	#insert(config: ServiceConfig, addr: string | null, instead?: Member): Member {
		const member = new Member(config, addr, () => (this.#cache = null));
		this.#members.add(member);
		const kept = config.weight === instead?.config.weight ? instead?.weight : undefined;
		this.#render(
			member,
			typeof config.weight === 'function' ? (this.#scales.ask(member) ?? kept) : undefined,
		);
		return member;
	}

	#render(member: Member, weight = member.weight): void {
		member.render(this.ttlSeconds, { weight, percent: this.#machine.percent });
		for (const { key } of member.entries) this.#leaving.stays(key);
	}

	#assertApart(config: ServiceConfig, instead?: Member): void {
		const mine = new Member(config, null, () => {});
		const near = this.all.filter(
			(other) =>
				other !== instead && other.places.some((one) => mine.places.some((place) => mayClash(one, place))),
		);
		const problems = clashesOf([...near, mine].map(({ named }) => named));
		if (problems.length > 0) throw new ConfigError(problems);
	}
}
