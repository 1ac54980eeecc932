import { expect, test } from 'vitest';
import { observe, UNSEEN } from '../../src/core/health.js';

/** `+` a passed look, `-` a failed one; below each look whether the service counts as well after it. */
const ROWS: readonly (readonly [
	sentence: string,
	rise: number,
	fall: number,
	looks: string,
	well: string,
])[] = [
	['nothing seen yet counts as unwell', 1, 3, '', ''],
	['one pass is enough when rise is 1', 1, 3, '+', 'y'],
	['with rise 3 the third pass in a row makes it well', 3, 3, '+++', 'nny'],
	['a failure in between begins the count to rise anew', 3, 3, '++-++', 'nnnnn'],
	['two failures do not make it unwell when fall is 3', 1, 3, '+--', 'yyy'],
	['the third failure in a row does', 1, 3, '+---', 'yyyn'],
	['a pass in between begins the count to fall anew', 1, 3, '+--+--', 'yyyyyy'],
	['with fall 1 the first failure makes it unwell', 1, 1, '+-', 'yn'],
	['it comes back after a fall', 2, 2, '++--++', 'nyynny'],
	['failures at the start change nothing', 1, 1, '---+', 'nnny'],
	['a flapping service with rise 2 and fall 2 stays what it was', 2, 2, '++-+-+-', 'nyyyyyy'],
];

test.each(ROWS)('%s', (_sentence, rise, fall, looks, well) => {
	let state = UNSEEN;
	let seen = '';
	for (const look of looks) {
		const before = state.healthy;
		const next = observe(state, look === '+', { rise, fall });
		expect(next.changed).toBe(next.state.healthy !== before);
		state = next.state;
		seen += state.healthy ? 'y' : 'n';
	}
	expect(seen).toBe(well);
	if (looks === '') expect(state.healthy).toBe(false);
});
