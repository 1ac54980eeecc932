import { type Line, met } from './row.js';

const HEAD = ['measure', 'who', 'median', 'min', 'max', 'n', 'ratio', 'target', ''];
const RIGHT = new Set([2, 3, 4, 5, 6, 7]);

/** The table for people. `absent`: who could not take part, and why. */
export function print(
	lines: readonly Line[],
	absent: Readonly<Record<string, string | null>>,
	machine: object,
): string {
	const cells = [HEAD, ...lines.map((line, index) => cellsOf(line, lines[index - 1]))];
	const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
	const text = cells
		.map((row) => row.map((cell, column) => pad(cell, widths[column] ?? 0, RIGHT.has(column))).join('  '))
		.map((row) => row.trimEnd());
	text.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
	const missing = Object.entries(absent).flatMap(([who, why]) =>
		why === null ? [] : [`not measured: ${who} (${why})`],
	);
	const about = Object.values(machine).join(', ');
	return `${[...text, '', ...missing, `ratio: median over the pairs of one round, against the line without one. ${about}`].join('\n')}\n`;
}

function cellsOf(line: Line, above: Line | undefined): string[] {
	const isMet = met(line);
	const { measure, unit, who, runs, ratio, target, targetOf, note } = line;
	const title = above?.measure === measure ? '' : `${measure} [${unit}]`;
	const judged = isMet === null ? note : `${isMet ? 'met' : 'MISSED'}${note && `; ${note}`}`;
	const dash = (value: number | null) => (value === null || Number.isNaN(value) ? '' : value.toFixed(2));
	return [
		title,
		who,
		figure(line.median),
		figure(line.min),
		figure(line.max),
		String(runs),
		dash(ratio),
		target === null ? '' : `≤ ${target}${targetOf === 'ratio' ? ' ×' : ''}`,
		judged,
	];
}

/** Three digits that say something, or more when the number has them before the point. */
function figure(value: number): string {
	if (!Number.isFinite(value)) return '-';
	const size = Math.abs(value);
	return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

const pad = (cell: string, width: number, right: boolean): string =>
	right ? cell.padStart(width) : cell.padEnd(width);
