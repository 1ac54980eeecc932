/**
 * From the machine's load to a weight, as an immutable value. A weight that follows each twitch would be a
 * PUT each time, seen by every client of the service: so the load is smoothed, small changes are kept to
 * oneself, and a bucket holds at most two changes a minute.
 */

/** 0 = idle, 1 = all of it in use. */
export interface Load {
	readonly cpu: number;
	readonly memory: number;
}

export interface WeightState {
	/** `null` = nothing measured yet. */
	readonly smoothed: number | null;
	/** What is published: part of the full weight in percent. */
	readonly percent: number;
	/** Changes that may be made now, 0 to 1. */
	readonly tokens: number;
	readonly atMs: number;
}

/** A load lasts about this long before it counts in full. */
const SMOOTHING_MS = 30_000;
/** Smaller changes are not worth a PUT: one step of kitex' ten. */
const DEAD_BAND_PERCENT = 10;
/** A bit more than half a minute: no minute, however it is cut, sees more than two changes. */
const CHANGE_EVERY_MS = 31_000;
/**
 * A busy machine still draws this much: at nothing it would never be seen to recover, and several readers
 * take 0 for "none given".
 */
const LEAST_PERCENT = 10;
/** Memory in use is what it is for; only the last part of it tells of trouble. */
const MEMORY_FREE_FROM = 0.8;

/** Before the first measurement the full weight stands; the first one may be published at once. */
export function startWeight(nowMs: number): WeightState {
	return { smoothed: null, percent: 100, tokens: 1, atMs: nowMs };
}

/** The next state; publish when its `percent` is another. A measurement that is no number changes nothing. */
export function followLoad(state: WeightState, load: Load, nowMs: number): WeightState {
	const busy = busyness(load);
	const elapsedMs = Math.max(0, nowMs - state.atMs);
	if (Number.isNaN(busy)) return state;
	const smoothed =
		state.smoothed === null
			? busy
			: state.smoothed + (busy - state.smoothed) * (1 - Math.exp(-elapsedMs / SMOOTHING_MS));
	const tokens = Math.min(1, state.tokens + elapsedMs / CHANGE_EVERY_MS);
	const target = Math.max(LEAST_PERCENT, Math.round(100 * (1 - smoothed)));
	const change = Math.abs(target - state.percent) >= DEAD_BAND_PERCENT && tokens >= 1;
	return {
		smoothed,
		percent: change ? target : state.percent,
		tokens: change ? tokens - 1 : tokens,
		atMs: nowMs,
	};
}

/** 0 to 1: whatever is scarcer. */
function busyness({ cpu, memory }: Load): number {
	return Math.max(bounded(cpu), bounded((memory - MEMORY_FREE_FROM) / (1 - MEMORY_FREE_FROM)));
}

function bounded(part: number): number {
	return Math.min(1, Math.max(0, part));
}
