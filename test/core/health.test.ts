import { expect, test } from 'vitest';
import { observe, UNSEEN } from '../../src/core/health.js';

/** `+` a passed check, `-` a failed one; below each whether the service counts as healthy after it. */
const ROWS: readonly (readonly [
	sentence: string,
	rise: number,
	fall: number,
	checks: string,
	healthy: string,
])[] = [
	['nothing seen yet counts as unhealthy', 1, 3, '', ''],
	['one pass is enough when rise is 1', 1, 3, '+', 'y'],
	['with rise 3 the third pass in a row makes it healthy', 3, 3, '+++', 'nny'],
	['a failure in between begins the count to rise anew', 3, 3, '++-++', 'nnnnn'],
	['two failures do not make it unhealthy when fall is 3', 1, 3, '+--', 'yyy'],
	['the third failure in a row does', 1, 3, '+---', 'yyyn'],
	['a pass in between begins the count to fall anew', 1, 3, '+--+--', 'yyyyyy'],
	['with fall 1 the first failure makes it unhealthy', 1, 1, '+-', 'yn'],
	['it comes back after a fall', 2, 2, '++--++', 'nyynny'],
	['failures at the start change nothing', 1, 1, '---+', 'nnny'],
	['a flapping service with rise 2 and fall 2 stays what it was', 2, 2, '++-+-+-', 'nyyyyyy'],
];

test.each(ROWS)('%s', (_sentence, rise, fall, checks, healthy) => {
	let state = UNSEEN;
	let seen = '';
	for (const check of checks) {
		const before = state.healthy;
		const next = observe(state, check === '+', { rise, fall });
		expect(next.changed).toBe(next.state.healthy !== before);
		state = next.state;
		seen += state.healthy ? 'y' : 'n';
	}
	expect(seen).toBe(healthy);
	if (checks === '') expect(state.healthy).toBe(false);
});
