/** The services of this process with what moves them: health checks, addresses that must be found out, weights that follow the load. */

import { ConfigError } from '../../core/errors.js';
import type { ServiceConfig } from '../../core/settings/config.js';
import { parseService, type ServiceOptions } from '../../core/settings/from-options.js';
import type { RegistrarParts, ServiceChanges } from '../parts.js';
import { Checks } from './checks.js';
import { type Member, Services } from './services.js';
import { Weighing } from './weight.js';

export class Roster {
	readonly services: Services;
	readonly checks: Checks;
	readonly #weighing: Weighing;
	#isRunning = false;

	constructor(
		private readonly parts: RegistrarParts,
		/** What is wanted has changed by itself. */
		changed: () => void,
	) {
		this.services = new Services(parts.ttlSeconds, parts.logger);
		this.services.addChecked(parts.services);
		this.checks = new Checks(parts.createCheck, parts.logger, changed);
		this.#weighing = new Weighing({
			...parts,
			changed: (percent, why) => {
				this.services.weigh(percent, why);
				changed();
			},
		});
	}

	start(): void {
		this.#isRunning = true;
		for (const member of this.services.all) this.checks.start(member);
	}

	/** Nothing moves after this. */
	stop(): void {
		this.#isRunning = false;
		for (const member of this.services.all) this.checks.stop(member);
		this.#weighing.stop();
	}

	/** Before each pass. Rejects with a `ConfigError` while an address cannot be found out. */
	async prepare(): Promise<void> {
		if (this.#isRunning) await this.#weighing.follow(this.services.followLoad);
		await this.findAddresses();
		this.services.weighAll();
	}

	/** Of wildcards that have none yet. @throws ConfigError */
	async findAddresses(): Promise<void> {
		for (const member of this.services.all)
			if (member.addr === null) this.services.resolved(member, await this.parts.resolve(member.config));
	}

	/** @throws ConfigError */
	add(service: ServiceOptions): void {
		const member = this.services.add(parseService(service, this.parts.namespace));
		if (this.#isRunning) this.checks.start(member);
	}

	/** @throws ConfigError */
	update(name: string, addr: string, changes: ServiceChanges): void {
		for (const member of this.#named(name, addr)) {
			const next = this.services.replace(member, changed(member.config, changes));
			if (this.#isRunning) this.checks.replace(member, next);
		}
	}

	/** @throws ConfigError */
	remove(name: string, addr: string): void {
		for (const member of this.#named(name, addr)) {
			this.checks.stop(member);
			this.services.remove(member);
		}
	}

	#named(name: string, addr: string): readonly Member[] {
		const members = this.services.named(name, addr);
		if (members.length > 0) return members;
		throw new ConfigError([
			`no service ${name} at ${addr} is registered here: expected one that was added before`,
		]);
	}
}

/** A check that is not spoken of stays the very same, and so it goes on. */
function changed(config: ServiceConfig, changes: ServiceChanges): ServiceConfig {
	const { check, label: _label, host, namespace, checkTiming: _timing, ...rest } = config;
	const parsed = parseService({ ...rest, ...changes }, namespace);
	return {
		...parsed,
		...(host === undefined ? {} : { host }),
		check: 'check' in changes ? parsed.check : check,
	};
}
