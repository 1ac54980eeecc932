/** So much before its moment a beat counts as on time: timers and clocks round by a millisecond or two. */
const EARLY_MS = 50;

/**
 * Milliseconds from now to the next beat. Beats lie at `anchorMs` plus whole intervals and nowhere else, so a
 * late beat shifts none of those after it and an instance keeps its own phase for ever.
 *
 * After a stall the place to return to may lie right ahead. A beat there would follow upon the late one at
 * once, and leaving it out would make a gap longer than the interval; so the way back is then made in two
 * steps of equal length. The result is between half an interval and an interval (plus 50 ms at most, when a
 * beat was early).
 */
export function nextBeat(nowMs: number, anchorMs: number, intervalMs: number): number {
	const sinceAnchor = (nowMs - anchorMs) % intervalMs;
	const past = sinceAnchor < 0 ? sinceAnchor + intervalMs : sinceAnchor;
	const ahead = intervalMs - past;
	if (ahead <= Math.min(EARLY_MS, intervalMs / 4)) return ahead + intervalMs;
	return ahead >= intervalMs / 2 ? ahead : (ahead + intervalMs) / 2;
}
