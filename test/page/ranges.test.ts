import { expect, test } from 'vitest';
import { holds, lastAtMost, meet, type Ranges } from '../../src/page/ranges.js';

const has = (ranges: Ranges, number: number) =>
	ranges.some(([first, last]) => first <= number && number <= last);

test('sets of ranges say what their numbers would', () => {
	const sets: Ranges[] = [
		[],
		[[0, 0]],
		[[0, 3]],
		[
			[2, 2],
			[5, 9],
		],
		[
			[1, 1],
			[3, 3],
			[7, 8],
		],
		[
			[4, 4],
			[10, 12],
		],
	];
	const numbers = Array.from({ length: 14 }, (_, number) => number);
	for (const one of sets) {
		for (const number of numbers) expect(holds(one, number), `${one} ${number}`).toBe(has(one, number));
		for (const other of sets)
			expect(meet(one, other), `${one} | ${other}`).toBe(numbers.some((n) => has(one, n) && has(other, n)));
	}
	expect([-1, 0, 1, 4, 5, 9].map((number) => lastAtMost([0, 2, 5], number))).toEqual([-1, 0, 0, 1, 2, 2]);
	expect(lastAtMost([], 7)).toBe(-1);
});
