/** One health loop for each service that has a check; a change of its health changes what is wanted. */
import type { CheckTarget } from '../../core/settings/values/check.js';
import type { HealthCheck, Logger } from '../ports.js';
import { HealthLoop } from './health.js';
import type { OwnService } from './service.js';

export class Checks {
	readonly #loops = new Map<OwnService, { readonly loop: HealthLoop; service: OwnService }>();

	constructor(
		private readonly createCheck: (target: CheckTarget) => HealthCheck,
		private readonly logger: Logger,
		private readonly changed: () => void,
	) {}

	start(service: OwnService): void {
		const { check } = service.config;
		if (check === null) return;
		const loop = new HealthLoop({
			...check,
			check: this.createCheck(check),
			logger: this.logger,
			onChange: (healthy, reason) => {
				checked.service.healthy = healthy;
				this.logger[healthy ? 'info' : 'warn'](
					healthy ? 'the check passes' : 'the check fails: withdrawing',
					{ service: checked.service.config.name, reason },
				);
				this.changed();
			},
			onStillUnwell: (reason) =>
				this.logger.warn('the check has not passed yet: not registered until it does', {
					service: checked.service.config.name,
					reason,
				}),
		});
		const checked = { loop, service };
		this.#loops.set(service, checked);
		loop.start();
	}

	/**
	 * A service took another's place. With the same check the loop goes on with what it observed; else a new
	 * one begins.
	 */
	replace(former: OwnService, next: OwnService): void {
		const checked = this.#loops.get(former);
		if (checked === undefined || former.config.check !== next.config.check) {
			this.stop(former);
			return this.start(next);
		}
		this.#loops.delete(former);
		this.#loops.set(next, checked);
		checked.service = next;
	}

	stop(service: OwnService): void {
		this.#loops.get(service)?.loop.stop();
		this.#loops.delete(service);
	}

	/** Why services are not wanted; `null` = every check passes. */
	whyNot(): string | null {
		const failing = [...this.#loops.values()].filter(({ service }) => !service.healthy);
		const reasons = failing.map(({ service, loop }) => `${service.config.name}: ${loop.reason}`);
		return reasons.length === 0 ? null : reasons.join('; ');
	}
}
