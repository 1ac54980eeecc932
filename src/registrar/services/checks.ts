/** One health loop for each service that has a check; a change of its health changes what is wanted. */
import type { CheckTarget } from '../../core/settings/values/check.js';
import type { KeptStatus } from '../documents.js';
import type { HealthCheck } from '../ports.js';
import { HealthLoop } from './health.js';
import { LastInstances, type LastInstancesParts } from './last-instances.js';
import type { OwnService } from './service.js';

export interface ChecksParts extends LastInstancesParts {
	readonly createCheck: (target: CheckTarget) => HealthCheck;
	/** What is wanted has changed; resolves after the pass that carried it out, or could not. */
	readonly changed: () => Promise<void>;
}

interface Checked {
	readonly loop: HealthLoop;
	service: OwnService;
	/** Where not all instances may leave at once. */
	readonly last: LastInstances | null;
}

export class Checks {
	readonly #checked = new Map<OwnService, Checked>();

	constructor(private readonly parts: ChecksParts) {}

	start(service: OwnService): void {
		const { check } = service.config;
		if (check === null) return;
		const { logger, createCheck } = this.parts;
		const setHealthy = (healthy: boolean, reason: string): Promise<void> => {
			checked.service.healthy = healthy;
			if (!healthy || checked.last?.kept == null)
				logger[healthy ? 'info' : 'warn'](healthy ? 'the check passes' : 'the check fails: withdrawing', {
					service: checked.service.config.name,
					reason,
				});
			return this.parts.changed();
		};
		const loop = new HealthLoop({
			...check,
			check: createCheck(check),
			logger,
			onChange: (healthy, reason) => {
				checked.last?.end();
				if (!healthy && checked.last !== null) checked.last.begin();
				else void setHealthy(healthy, reason);
			},
			onStillFailing: (reason) =>
				logger.warn('the check has not passed yet: not registered until it does', {
					service: checked.service.config.name,
					reason,
				}),
		});
		const withdrawing = { service: () => checked.service, setHealthy, reason: () => loop.reason };
		const last = check.minHealthy === undefined ? null : new LastInstances(this.parts, check, withdrawing);
		const checked: Checked = { loop, service, last };
		this.#checked.set(service, checked);
		loop.start();
	}

	/**
	 * A service took another's place. With the same check the loop goes on with what it observed; else a new
	 * one begins.
	 */
	replace(former: OwnService, next: OwnService): void {
		const checked = this.#checked.get(former);
		if (checked === undefined || former.config.check !== next.config.check) {
			this.stop(former);
			return this.start(next);
		}
		this.#checked.delete(former);
		this.#checked.set(next, checked);
		checked.service = next;
	}

	stop(service: OwnService): void {
		const checked = this.#checked.get(service);
		checked?.loop.stop();
		checked?.last?.end();
		this.#checked.delete(service);
	}

	/** After a good pass. Never rejects. */
	sample(): void {
		for (const { last } of this.#checked.values()) void last?.sample();
	}

	/** Why services are not wanted; `null` = every check passes. */
	whyNot(): string | null {
		const failing = [...this.#checked.values()].filter(({ service }) => !service.healthy);
		const reasons = failing.map(({ service, loop }) => `${service.config.name}: ${loop.reason}`);
		return reasons.length === 0 ? null : reasons.join('; ');
	}

	/** What stays in although its check fails; who is paused is out. */
	kept(): KeptStatus[] {
		const asked = [...this.#checked.values()].filter(({ service }) => service.pause === null);
		return asked.flatMap(({ last }) => last?.kept ?? []);
	}
}
