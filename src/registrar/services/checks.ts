/** One health loop for each service that has a check; a turn changes what is wanted. */
import type { CheckTarget } from '../../core/settings/check.js';
import type { HealthCheck, Logger } from '../ports.js';
import { HealthLoop } from './health.js';
import type { Member } from './services.js';

export class Checks {
	readonly #loops = new Map<Member, { readonly loop: HealthLoop; member: Member }>();

	constructor(
		private readonly createCheck: (target: CheckTarget) => HealthCheck,
		private readonly logger: Logger,
		private readonly turned: () => void,
	) {}

	start(member: Member): void {
		const { check } = member.config;
		if (check === null) return;
		const loop = new HealthLoop({
			...check,
			check: this.createCheck(check),
			logger: this.logger,
			onChange: (healthy, reason) => {
				looked.member.healthy = healthy;
				const service = looked.member.config.name;
				this.logger[healthy ? 'info' : 'warn'](
					healthy ? 'the check passes' : 'the check fails: withdrawing',
					{ service, reason },
				);
				this.turned();
			},
			onStillUnwell: (reason) =>
				this.logger.warn('the check has not passed yet: not registered until it does', {
					service: looked.member.config.name,
					reason,
				}),
		});
		const looked = { loop, member };
		this.#loops.set(member, looked);
		loop.start();
	}

	/** A service took another's place. With the same check the loop goes on, and with it what was seen; else a new one begins. */
	replace(former: Member, next: Member): void {
		const looked = this.#loops.get(former);
		if (looked === undefined || former.config.check !== next.config.check) {
			this.stop(former);
			return this.start(next);
		}
		this.#loops.delete(former);
		this.#loops.set(next, looked);
		looked.member = next;
	}

	stop(member: Member): void {
		this.#loops.get(member)?.loop.stop();
		this.#loops.delete(member);
	}

	/** Why services are not wanted; `null` = every check passes. */
	whyNot(): string | null {
		const unwell = [...this.#loops.values()].filter(({ member }) => !member.healthy);
		const reasons = unwell.map(({ member, loop }) => `${member.config.name}: ${loop.reason}`);
		return reasons.length === 0 ? null : reasons.join('; ');
	}
}
