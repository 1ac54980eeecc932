import type { Mark } from '../support/stage/timeline.js';

export interface Change {
	readonly atMs: number;
	readonly mark: Mark;
}

export interface Window {
	readonly fromMs: number;
	readonly toMs: number;
	readonly cellMs: number;
}

export const SIGNS: Readonly<Record<Mark, string>> = { right: '#', wrong: 'x', absent: '.', unseen: '?' };
/** What a cell shows when several marks held in it: a gap is never drawn over. */
const WORST: readonly Mark[] = ['absent', 'wrong', 'right', 'unseen'];

/** One sign for each cell of time. */
export function drawLine(changes: readonly Change[], { fromMs, toMs, cellMs }: Window): string {
	let line = '';
	for (let cell = fromMs; cell < toMs; cell += cellMs) {
		const before = changes.findLast(({ atMs }) => atMs <= cell);
		const within = changes.filter(({ atMs }) => atMs > cell && atMs < cell + cellMs);
		const marks = new Set([...(before ? [before] : []), ...within].map(({ mark }) => mark));
		line += SIGNS[WORST.find((mark) => marks.has(mark)) ?? 'unseen'];
	}
	return line;
}

/**
 * The moments over the lines: `!` the fault comes, `^` its cause is gone. One that strikes and is over at
 * once is a `!`.
 */
export function drawMoments(faultMs: number, endedMs: number, { fromMs, toMs, cellMs }: Window): string {
	const cells = Array.from({ length: Math.ceil((toMs - fromMs) / cellMs) }, () => ' ');
	const at = (ms: number) => Math.min(cells.length - 1, Math.floor((ms - fromMs) / cellMs));
	cells[at(endedMs)] = '^';
	cells[at(faultMs)] = '!';
	return cells.join('').trimEnd();
}

/** For people: `14 ms`, `1.7 s`. */
export const duration = (ms: number): string =>
	ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
