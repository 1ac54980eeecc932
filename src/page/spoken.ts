/** A time line in words, for who does not see it. Pure. */
import type { RecentChange } from '../registrar/events.js';
import type { Line } from './lines.js';
import { clock, duration, MARKS, reasonText } from './words.js';

const MOST_PARTS = 12;

/** `nowMs`: the time at which the line ends. */
export function spoken(line: Line, repairs: readonly RecentChange[], nowMs: number): string {
	const times = [
		...line
			.filter(({ is }) => is !== 'none')
			.map(({ fromMs, toMs, is }) => ({
				agoMs: fromMs,
				text: `${MARKS[is]} for ${duration(fromMs - toMs)}`,
			})),
		...repairs.map(({ agoMs, why }) => ({ agoMs, text: `put right: ${reasonText(why)}` })),
	].sort((a, b) => b.agoMs - a.agoMs);
	const left = Math.max(0, times.length - MOST_PARTS);
	const parts = times.slice(left).map(({ agoMs, text }) => `from ${clock(nowMs - agoMs, nowMs)} ${text}`);
	return [...(left > 0 ? [`${left} earlier changes`] : []), ...parts].join('; ');
}
