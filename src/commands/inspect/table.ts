/** Rows as people read them: aligned columns, one line each, whatever the keys and values hold. */
import type { Row } from './rows.js';

export const COLUMNS = ['KEY', 'VALUE', 'LEASE', 'LEFT', 'AGE'] as const;

/** One text for each of the columns. */
export function cells(row: Row): readonly string[] {
	const value = row.encoding === undefined ? printable(row.value) : `base64:${row.value}`;
	return [printable(row.key), value, row.leaseHex ?? '-', seconds(row.secondsLeft), seconds(row.age)];
}

const seconds = (value: number | null): string => (value === null ? '-' : `${Math.floor(value)}s`);

/** What would move the cursor, end the line or turn the direction of the text is written as an escape. */
export function printable(text: string): string {
	return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
		const escaped = JSON.stringify(char).slice(1, -1);
		return escaped.length > 1 && escaped !== char ? escaped : `\\u{${char.codePointAt(0)?.toString(16)}}`;
	});
}

/** The widths that these rows need, and at least those given. */
export function widths(rows: readonly (readonly string[])[], least: readonly number[] = []): number[] {
	const columns = [...least];
	for (const row of rows)
		for (const [column, cell] of row.entries()) columns[column] = Math.max(columns[column] ?? 0, width(cell));
	return columns;
}

/** Padded, two spaces between, none at the end. */
export function line(row: readonly string[], columns: readonly number[]): string {
	return row
		.map((cell, column) => cell + ' '.repeat(Math.max(0, (columns[column] ?? 0) - width(cell))))
		.join('  ')
		.trimEnd();
}

/**
 * Column `at` is cut so that the line fits a terminal of so many columns, as far as that leaves something to
 * read.
 */
export function fitted(
	columns: readonly number[],
	at: number,
	terminalColumns: number | undefined,
): number[] {
	if (terminalColumns === undefined) return [...columns];
	const others = columns.reduce((sum, each, column) => sum + (column === at ? 0 : each + 2), 0);
	return columns.map((each, column) =>
		column === at ? Math.min(each, Math.max(LEAST_READABLE, terminalColumns - others)) : each,
	);
}

const LEAST_READABLE = 16;

export function cut(text: string, columns: number | undefined): string {
	return columns === undefined || width(text) <= columns
		? text
		: `${[...text].slice(0, columns - 1).join('')}…`;
}

/** Letters as most scripts count them; wide ones (CJK) count one, too. */
const width = (text: string): number => [...text].length;
