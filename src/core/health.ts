/**
 * Rise and fall: a service is healthy only after `rise` passed checks in a row, and unhealthy only after
 * `fall` failed ones, so that a single slow answer does not take it out of discovery. It begins unhealthy:
 * nothing is registered unseen.
 */
export interface HealthRule {
	/** Passed checks in a row that make it healthy; at least 1. */
	readonly rise: number;
	/** Failed checks in a row that make it unhealthy; at least 1. */
	readonly fall: number;
}

export interface Health {
	readonly healthy: boolean;
	/** Checks in a row that contradict `healthy`; the state turns when they reach `rise` or `fall`. */
	readonly against: number;
}

export const UNSEEN: Health = { healthy: false, against: 0 };

export function observe(
	state: Health,
	passed: boolean,
	{ rise, fall }: HealthRule,
): { readonly state: Health; readonly changed: boolean } {
	if (passed === state.healthy) return { state: { healthy: state.healthy, against: 0 }, changed: false };
	const against = state.against + 1;
	if (against < (passed ? rise : fall)) return { state: { healthy: state.healthy, against }, changed: false };
	return { state: { healthy: passed, against: 0 }, changed: true };
}
