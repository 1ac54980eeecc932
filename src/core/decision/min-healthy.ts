/**
 * Whether a service whose check fails may be withdrawn, so that something that fails everywhere at once does
 * not empty it. Pure.
 */
import type { MinHealthy } from '../settings/values/service-values.js';

/** How many instances were seen at a time. */
export interface Seen {
	/** Monotonic milliseconds. */
	readonly atMs: number;
	readonly count: number;
}

/** A share is one of the most instances seen for so long. */
export const WINDOW_MS = 600_000;
/** Observations that are nearer to each other are kept as one. */
const TOGETHER_MS = 60_000;

/** Oldest first; what is older than the window is left out. */
export function remember(seen: readonly Seen[], count: number, nowMs: number): readonly Seen[] {
	const recent = seen.filter(({ atMs }) => nowMs - atMs <= WINDOW_MS);
	const last = recent.at(-1);
	if (last === undefined || nowMs - last.atMs >= TOGETHER_MS) return [...recent, { atMs: nowMs, count }];
	return [...recent.slice(0, -1), { atMs: last.atMs, count: Math.max(last.count, count) }];
}

export interface Fewness {
	/** Other instances that are in etcd now. */
	readonly others: number;
	/** So many have to be left. */
	readonly needed: number;
}

/** `null` = enough are left without this one. A share is rounded up. */
export function tooFew(
	min: MinHealthy,
	{ others, seen }: { readonly others: number; readonly seen: readonly Seen[] },
): Fewness | null {
	const most = Math.max(others, ...seen.map(({ count }) => count));
	const needed = min.unit === 'percent' ? Math.ceil((most * min.value) / 100) : min.value;
	return others >= needed ? null : { others, needed };
}

/**
 * Milliseconds over which the instances of a service spread their withdrawals, each at a random one of them.
 */
export function spreadMs(instances: number): number {
	return Math.min(MOST_SPREAD_MS, Math.max(LEAST_SPREAD_MS, instances * SPREAD_MS_EACH));
}
const SPREAD_MS_EACH = 500;
const LEAST_SPREAD_MS = 2_000;
const MOST_SPREAD_MS = 10_000;
