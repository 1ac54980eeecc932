/** One health loop for each service that has a check; a turn changes what is wanted. */
import type { CheckTarget } from '../core/config/check.js';
import { HealthLoop } from './health.js';
import type { HealthCheck, Logger } from './ports.js';
import type { Member } from './services.js';

export class Checks {
	readonly #loops = new Map<Member, HealthLoop>();

	constructor(
		private readonly createCheck: (target: CheckTarget) => HealthCheck,
		private readonly logger: Logger,
		private readonly turned: () => void,
	) {}

	start(member: Member): void {
		const { check, name } = member.config;
		if (check === null) return;
		const loop = new HealthLoop({
			...check,
			check: this.createCheck(check),
			logger: this.logger,
			onChange: (healthy, reason) => {
				member.healthy = healthy;
				this.logger[healthy ? 'info' : 'warn'](healthy ? 'the check passes' : 'the check fails: withdrawing', { service: name, reason });
				this.turned();
			},
		});
		this.#loops.set(member, loop);
		loop.start();
	}

	stop(member: Member): void {
		this.#loops.get(member)?.stop();
		this.#loops.delete(member);
	}

	/** Why services are not wanted; `null` = every check passes. */
	whyNot(): string | null {
		const reasons = [...this.#loops].filter(([{ healthy }]) => !healthy).map(([{ config }, loop]) => `${config.name}: ${loop.reason}`);
		return reasons.length === 0 ? null : reasons.join('; ');
	}
}
