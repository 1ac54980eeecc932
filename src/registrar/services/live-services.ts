/**
 * The services of this process with what changes them: health checks, addresses that must be found out,
 * weights that follow the load.
 */
import { parseAddress } from '../../core/address.js';
import { ConfigError } from '../../core/errors.js';
import type { ServiceConfig } from '../../core/settings/config.js';
import { isObject } from '../../core/settings/option.js';
import type { ServiceOptions } from '../../core/settings/options.js';
import { parseService } from '../../core/settings/service-options.js';
import type { CheckConfig } from '../../core/settings/values/check.js';
import { withDeadline } from '../deadline.js';
import type { KeptStatus } from '../documents.js';
import type { RegistrarParts, ServiceChanges, Subject } from '../parts.js';
import { Addresses } from './addresses.js';
import { Checks } from './checks.js';
import type { OwnService } from './service.js';
import { type Replacement, Services } from './services.js';
import { LoadWeight } from './weights.js';

export class LiveServices {
	readonly services: Services;
	readonly checks: Checks;
	readonly #addresses: Addresses;
	readonly #loadWeight: LoadWeight;
	#isRunning = false;

	constructor(
		private readonly parts: RegistrarParts,
		/** Whether this process wrote the key and does not know it to be gone. */
		mayStand: (key: string) => boolean,
		/** Called when what is wanted has changed by itself; resolves after the pass that came of it. */
		changed: () => Promise<void>,
		/** A service stays in although its check fails. */
		kept: (kept: KeptStatus) => void,
	) {
		this.services = new Services(parts.ttlSeconds, mayStand, parts.logger);
		this.services.addChecked(parts.services);
		this.checks = new Checks({ ...parts, mayStand, changed, kept });
		this.#addresses = new Addresses(this.services, parts, (service, addr) => {
			this.#replace([{ former: service, config: service.config, addr }]);
			void changed();
		});
		this.#loadWeight = new LoadWeight({
			...parts,
			changed: (percent, why) => {
				this.services.weights.followMachine(percent, why);
				void changed();
			},
		});
	}

	start(): void {
		this.#isRunning = true;
		for (const service of this.services.all) this.checks.start(service);
	}

	/** Nothing changes by itself after this. */
	stop(): void {
		this.#isRunning = false;
		for (const service of this.services.all) this.checks.stop(service);
		this.#addresses.stop();
		this.#loadWeight.stop();
	}

	/** Before each pass. Rejects while an address that never was known cannot be found out. */
	async prepare(): Promise<void> {
		if (this.#isRunning) await this.#loadWeight.follow(this.services.weights.followLoad);
		await this.#addresses.find();
		if (this.#isRunning) this.#addresses.refresh();
		this.services.weights.askAll();
	}

	/** Of wildcards that have none yet, within the deadline of a call. @throws ConfigError when none fits */
	async findAddresses(): Promise<void> {
		try {
			await withDeadline(this.parts.callTimeoutMs, () => this.#addresses.find());
		} catch (error) {
			// Without an answer from the name server, say, the passes go on trying.
			if (error instanceof ConfigError) throw error;
		}
	}

	/** What the passes ask. `passed`: see {@link Subject}. */
	subject(passed: Subject['passed']): Subject {
		return {
			prepare: () => this.prepare(),
			wanted: () => this.services.view.wanted,
			groups: () => this.services.view.groups,
			fleetPrefixes: () => this.services.view.fleetPrefixes,
			passed,
		};
	}

	/** What it knows, for the status. */
	facts() {
		const { view, weights } = this.services;
		return {
			...{ wanted: view.wanted, owner: view.owners, weights: weights.status() },
			kept: this.checks.kept(),
			withdrawnBecause: this.checks.whyNot(),
		};
	}

	/** @throws ConfigError */
	add(service: ServiceOptions): void {
		const added = this.services.add(parseService(service, this.parts.namespace));
		if (this.#isRunning) this.checks.start(added);
	}

	/** Returns what it is now. @throws ConfigError, and nothing has changed */
	update(name: string, addr: string, changes: ServiceChanges): readonly OwnService[] {
		const formers = this.#named(name, addr);
		return this.#replace(formers.map((former) => ({ former, config: changed(former.config, changes) })));
	}

	/** @throws ConfigError */
	remove(name: string, addr: string): void {
		for (const service of this.#named(name, addr)) {
			this.checks.stop(service);
			this.services.remove(service);
		}
	}

	#replace(replacements: readonly Replacement[]): readonly OwnService[] {
		const replaced = this.services.replace(replacements);
		if (this.#isRunning)
			for (const [at, next] of replaced.entries()) {
				const former = replacements[at]?.former;
				if (former !== undefined) this.checks.replace(former, next);
			}
		return replaced;
	}

	#named(name: string, addr: string): readonly OwnService[] {
		const services = this.services.named(name, addr);
		if (services.length > 0) return services;
		throw new ConfigError([
			`no service ${name} at ${addr} is registered here: expected one that was added before`,
		]);
	}
}

/**
 * A check that neither is among the changes nor follows them stays the very same object, and so its loop goes
 * on.
 */
function changed(config: ServiceConfig, changes: ServiceChanges): ServiceConfig {
	if (!isObject(changes))
		throw new ConfigError([
			'changes: expected an object with options of the service: for example { weight: 20 }',
		]);
	if ('name' in changes)
		throw new ConfigError([
			'changes.name: expected no name, since it cannot change: remove the service and add it',
		]);
	const { check, label, host, namespace, checkTiming, ...rest } = config;
	const parsed = parseService({ ...rest, ...changes, addr: changes.addr ?? rest.addr }, namespace, 'changes');
	const kept = { label, ...(host === undefined ? {} : { host }) };
	if ('check' in changes) return { ...parsed, ...kept };
	return { ...parsed, ...kept, check: checkAt(parsed.addr, check), checkTiming };
}

/** The check of the service's own port follows its address. */
function checkAt(addr: string, check: CheckConfig | null): CheckConfig | null {
	const address = parseAddress(addr);
	if (check?.kind !== 'port' || !('value' in address)) return check;
	const { host, port } = address.value;
	return check.host === host && check.port === port ? check : { ...check, host, port };
}
