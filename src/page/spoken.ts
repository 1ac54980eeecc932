/** A time line in words, for who does not see it. Pure. */
import type { RecentChange } from '../registrar/documents.js';
import type { Line } from './lines.js';
import { clock, duration, MARKS, reasonText } from './words.js';

const MOST_PARTS = 12;

/**
 * `nowMs`: the time at which the line ends. The words change only when something happens, though the line
 * moves on all the time.
 */
export function spoken(line: Line, repairs: readonly RecentChange[], nowMs: number): string {
	const known = line.filter(({ is }) => is !== 'none');
	const from = (agoMs: number) => `from ${clock(nowMs - agoMs, nowMs)}`;
	const times = [
		...known.map(({ fromMs, toMs, is }, index) => {
			const lasted = index === 0 || toMs === 0 ? '' : ` for ${duration(fromMs - toMs)}`;
			return { agoMs: fromMs, text: `${index === 0 ? 'at first' : from(fromMs)} ${MARKS[is]}${lasted}` };
		}),
		...repairs.map(({ agoMs, why }) => ({ agoMs, text: `${from(agoMs)} put right: ${reasonText(why)}` })),
	].sort((a, b) => b.agoMs - a.agoMs);
	const left = Math.max(0, times.length - MOST_PARTS);
	const parts = times.slice(left).map(({ text }) => text);
	return [...(left > 0 ? [`${left} earlier changes`] : []), ...parts].join('; ');
}
