/** Sets of numbers as sorted ranges with both ends in them. Pure. */
import type { RecentChange } from '../registrar/documents.js';

export type Ranges = RecentChange['keys'];

/** The index of the last of these sorted numbers that is at most this one; -1 = there is none. */
export function lastAtMost(sorted: readonly number[], number: number): number {
	let [low, high] = [0, sorted.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((sorted[middle] ?? Infinity) <= number) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}

export function holds(ranges: Ranges, number: number): boolean {
	let [low, high] = [0, ranges.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		const [first, last] = ranges[middle] ?? [0, 0];
		if (number < first) high = middle;
		else if (number > last) low = middle + 1;
		else return true;
	}
	return false;
}

/** Whether they have a number in common. */
export function meet(one: Ranges, other: Ranges): boolean {
	for (let a = 0, b = 0; ; ) {
		const [left, right] = [one[a], other[b]];
		if (left === undefined || right === undefined) return false;
		if (left[1] < right[0]) a += 1;
		else if (right[1] < left[0]) b += 1;
		else return true;
	}
}
