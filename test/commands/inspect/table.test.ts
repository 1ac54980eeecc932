import { expect, test } from 'vitest';
import type { Row } from '../../../src/commands/inspect/rows.js';
import { cells, cut, fitted, line, printable, widths } from '../../../src/commands/inspect/table.js';

const ROW: Row = {
	key: '/ns/user/10.0.0.5:80',
	value: '10.0.0.5:80',
	lease: '255',
	leaseHex: 'ff',
	secondsLeft: 4,
	age: 1.9,
};

const CELLS: readonly (readonly [sentence: string, row: Row, cells: readonly string[]])[] = [
	[
		'a lease is shown in hexadecimal, as etcdctl does; seconds whole',
		ROW,
		[ROW.key, ROW.value, 'ff', '4s', '1s'],
	],
	[
		'what is not known is a dash',
		{ ...ROW, lease: null, leaseHex: null, secondsLeft: null, age: null },
		[ROW.key, ROW.value, '-', '-', '-'],
	],
	[
		'bytes that are no text say so',
		{ ...ROW, value: 'AP8B', encoding: 'base64' },
		[ROW.key, 'base64:AP8B', 'ff', '4s', '1s'],
	],
];
test.each(CELLS)('%s', (_sentence, row, expected) => {
	expect(cells(row)).toEqual(expected);
});

const PRINTABLE: readonly (readonly [sentence: string, text: string, shown: string])[] = [
	['letters of every script stay', 'línea 日本', 'línea 日本'],
	['a line break cannot end the line', 'a\nb', 'a\\nb'],
	['an escape cannot move the cursor', '\u001b[2Jx', '\\u001b[2Jx'],
	['nothing turns the direction of the text', 'a\u202eb', 'a\\u{202e}b'],
	['nothing is invisible', 'a\u200bb\u2028c', 'a\\u{200b}b\\u{2028}c'],
];
test.each(PRINTABLE)('%s', (_sentence, text, shown) => {
	expect(printable(text)).toBe(shown);
});

test('columns are as wide as their widest cell, and no line ends in spaces', () => {
	const rows = [
		['KEY', 'VALUE'],
		['/a', '1'],
		['/longer', '日本'],
	];
	const columns = widths(rows);
	expect(columns).toEqual([7, 5]);
	expect(rows.map((row) => line(row, columns))).toEqual(['KEY      VALUE', '/a       1', '/longer  日本']);
	expect(widths([['x']], [3, 2])).toEqual([3, 2]);
});

test('on a terminal the value is cut so that a line fits, but not to nothing', () => {
	expect(fitted([20, 200, 5], 1, 80)).toEqual([20, 51, 5]);
	expect(fitted([20, 30, 5], 1, 80)).toEqual([20, 30, 5]);
	expect(fitted([90, 200, 5], 1, 80)).toEqual([90, 16, 5]);
	expect(fitted([90, 200, 5], 1, undefined)).toEqual([90, 200, 5]);
	expect(cut('abcdef', 4)).toBe('abc…');
	expect(cut('abcd', 4)).toBe('abcd');
});

test('as many rows as there are: no list is handed over as arguments', () => {
	const rows = Array.from({ length: 200_000 }, (_, at) => [String(at), 'x']);
	expect(widths(rows)).toEqual([6, 1]);
});
