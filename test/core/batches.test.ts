import { expect, test } from 'vitest';
import {
	BatchLimits,
	chunked,
	inParallel,
	inParts,
	MAX_BYTES,
	MAX_OPERATIONS,
	sendBatches,
} from '../../src/core/batches.js';
import { StoreError } from '../../src/core/errors.js';

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

test.each<readonly [sentence: string, items: number[], most: number, cut: number[][]]>([
	['two are parted', [1, 2], 2, [[1], [2]]],
	['of three the first half is the larger', [1, 2, 3], 2, [[1, 2], [3]]],
	['few stand alone', [1, 2, 3], 8, [[1], [2], [3]]],
	[
		'of seven in three parts all but the last are of one length',
		[1, 2, 3, 4, 5, 6, 7],
		3,
		[[1, 2, 3], [4, 5, 6], [7]],
	],
])('%s', (_sentence, items, most, cut) => {
	expect(inParts(items, most)).toEqual(cut);
});

/**
 * A store that takes no batch of more than `most`, or refuses the letters of `denied`; tells what travelled.
 */
async function sent(
	letters: string,
	{ most = 99, denied = '', limits = new BatchLimits(), parallel = 8 } = {},
) {
	const travelled: string[] = [];
	const refused: string[] = [];
	let together = 0;
	let atOnce = 0;
	const work = {
		nameOf: (letter: string) => letter,
		bytesOf: () => 1,
		parallel,
		async send(batch: readonly string[]) {
			travelled.push(batch.join(''));
			atOnce = Math.max(atOnce, ++together);
			await Promise.resolve();
			together -= 1;
			if (batch.length > most) throw new StoreError('too-large', 'too large');
			if (batch.some((letter) => denied.includes(letter))) throw new StoreError('permission-denied', 'no');
		},
		refused: (letter: string) => void refused.push(letter),
	};
	await sendBatches(limits.cut([...letters], work), limits, work);
	return { travelled, refused: refused.join(''), atOnce };
}

test('a batch that is too large is halved until it fits, and travels so for the next twenty times', async () => {
	const limits = new BatchLimits();
	expect((await sent('abcd', { most: 2, limits })).travelled).toEqual(['abcd', 'ab', 'cd']);
	// That was the first time.
	for (let pass = 1; pass < 20; pass += 1)
		expect((await sent('abcd', { most: 2, limits })).travelled).toEqual(['ab', 'cd']);
	expect((await sent('abcd', { most: 2, limits })).travelled).toEqual(['abcd', 'ab', 'cd']);
});

test('a denied item is found by eighths, and what was in a refused batch travels so once more, behind the others', async () => {
	const limits = new BatchLimits();
	expect(await sent('abcdefghijklmnop', { denied: 'd', limits })).toMatchObject({
		travelled: ['abcdefghijklmnop', 'ab', 'cd', 'ef', 'gh', 'ij', 'kl', 'mn', 'op', 'c', 'd'],
		refused: 'd',
	});
	// All others were carried out: only d is still remembered.
	expect((await sent('dxyz', { limits })).travelled).toEqual(['xyz', 'd']);
	expect((await sent('dxyz', { limits })).travelled).toEqual(['dxyz']);
});

test('limits of items that are no longer configured are forgotten, those of others are not', async () => {
	const limits = new BatchLimits();
	await sent('abc', { denied: 'abc', limits });
	limits.keepOnly(new Set(['b']));
	expect((await sent('abc', { limits })).travelled).toEqual(['ac', 'b']);
});

test('at most so many travel at the same time', async () => {
	const limits = new BatchLimits();
	await sent('abcdefgh', { most: 1, limits });
	expect(await sent('abcdefgh', { limits, parallel: 3 })).toMatchObject({ atOnce: 3 });
});

test('an error that halving cannot help begins no further batch, and is thrown when those on their way ended', async () => {
	const begun: number[] = [];
	const ended: number[] = [];
	const work = async (item: number): Promise<readonly number[]> => {
		begun.push(item);
		await new Promise((resolve) => setImmediate(resolve));
		if (item === 1) throw new Error('broken');
		await new Promise((resolve) => setImmediate(resolve));
		ended.push(item);
		return [];
	};
	await expect(inParallel([1, 2, 3, 4], work, 2)).rejects.toThrow('broken');
	expect([begun, ended]).toEqual([[1, 2], [2]]);
});

test('what is no error of the store is passed on as it is', async () => {
	const limits = new BatchLimits();
	const fault = new TypeError('a fault of the program');
	const work = {
		...{ nameOf: String, bytesOf: () => 1, refused: () => expect.unreachable() },
		send: () => Promise.reject(fault),
	};
	await expect(sendBatches([['a', 'b']], limits, work)).rejects.toBe(fault);
	const fake = { ...work, send: () => Promise.reject({ code: 'too-large' }) };
	await expect(sendBatches([['a', 'b']], limits, fake)).rejects.toEqual({ code: 'too-large' });
});
