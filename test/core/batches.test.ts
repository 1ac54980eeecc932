import { expect, test } from 'vitest';
import { chunked, halves, MAX_BYTES, MAX_OPERATIONS } from '../../src/core/batches.js';

test.each<
	readonly [sentence: string, bytes: number[], maxItems: number, maxBytes: number, sizes: number[][]]
>([
	['nothing makes no chunk', [], 3, 10, []],
	['what fits stays together', [1, 2, 3], 3, 10, [[1, 2, 3]]],
	['one more than fits begins the next', [1, 1, 1, 1], 3, 10, [[1, 1, 1], [1]]],
	['bytes that fit exactly stay together', [4, 6], 3, 10, [[4, 6]]],
	['one byte more begins the next', [4, 7], 3, 10, [[4], [7]]],
	['one that is too large stands alone', [1, 99, 1], 3, 10, [[1], [99], [1]]],
	['one that is too large comes first and alone', [99, 1], 3, 10, [[99], [1]]],
	['the order stays, room is not looked for in earlier chunks', [6, 6, 1, 6], 3, 10, [[6], [6, 1], [6]]],
	['items without weight are only counted', [0, 0, 0, 0, 0], 2, 0, [[0, 0], [0, 0], [0]]],
])('%s', (_sentence, bytes, maxItems, maxBytes, sizes) => {
	expect(chunked(bytes, (size) => size, maxItems, maxBytes)).toEqual(sizes);
});

test('left alone it keeps to what one transaction of etcd may carry', () => {
	const chunks = chunked(
		Array.from({ length: 250 }, (_, index) => index),
		() => 10,
	);
	expect(chunks.map(({ length }) => length)).toEqual([100, 100, 50]);
	expect(MAX_OPERATIONS).toBeLessThanOrEqual(128);
	const heavy = chunked([1, 2, 3], () => MAX_BYTES / 2);
	expect(heavy).toEqual([[1, 2], [3]]);
});

test.each<readonly [sentence: string, items: number[], first: number[], second: number[]]>([
	['two are parted', [1, 2], [1], [2]],
	['of three the first half is the larger', [1, 2, 3], [1, 2], [3]],
	['one has an empty second half', [1], [1], []],
])('%s', (_sentence, items, first, second) => {
	expect(halves(items)).toEqual([first, second]);
});
