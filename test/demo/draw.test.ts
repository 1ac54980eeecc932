import { expect, test } from 'vitest';
import { type Change, drawLine, drawMoments } from './draw.js';

const window = { fromMs: 1_000, toMs: 2_000, cellMs: 200 };
const at = (atMs: number, mark: Change['mark']): Change => ({ atMs, mark });

test.each([
	['a key that was there before and stays', [at(0, 'right')], '#####'],
	['a key that goes and comes back', [at(0, 'right'), at(1_200, 'absent'), at(1_600, 'right')], '#..##'],
	[
		'a gap shorter than a cell is still drawn',
		[at(0, 'right'), at(1_250, 'absent'), at(1_260, 'right')],
		'#.###',
	],
	['a wrong value', [at(0, 'right'), at(1_400, 'wrong')], '##xxx'],
	[
		'an etcd that is silent hides nothing that was seen in the same cell',
		[at(0, 'unseen'), at(1_250, 'right')],
		'?####',
	],
	['nothing seen yet', [], '?????'],
] as const)('%s', (_, changes, line) => {
	expect(drawLine(changes, window)).toBe(line);
});

test('the fault and its end stand over the cells in which they fell; the fault wins a shared one', () => {
	expect(drawMoments(1_250, 1_650, window)).toBe(' ! ^');
	expect(drawMoments(1_250, 1_260, window)).toBe(' !');
});
