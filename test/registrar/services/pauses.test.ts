import { expect, test } from 'vitest';
import { Pauses } from '../../../src/registrar/services/pauses.js';

type Request = readonly ['pause' | 'resume', name?: string | undefined, reason?: string];

/** `+` = in, else the reason for which it is out, or `-`; of the services a and b. */
function after(requests: readonly Request[]): string {
	const pauses = new Pauses();
	for (const [act, name = null, reason = null] of requests)
		act === 'pause' ? pauses.pause(name, reason, 0) : pauses.resume(name);
	const of = (name: string) => {
		const pause = pauses.of(name);
		return pause === null ? '+' : (pause.reason ?? '-');
	};
	return `a ${of('a')} b ${of('b')}${pauses.everything(['a', 'b']) ? ' all' : ''}${pauses.isIdle ? ' idle' : ''}`;
}

test.each<readonly [sentence: string, requests: readonly Request[], state: string]>([
	['nothing was asked', [], 'a + b + idle'],
	['all are paused', [['pause']], 'a - b - all'],
	['all are resumed', [['pause'], ['resume']], 'a + b + idle'],
	['one is paused', [['pause', 'a']], 'a - b +'],
	[
		'one is resumed',
		[
			['pause', 'a'],
			['resume', 'a'],
		],
		'a + b + idle',
	],
	[
		'each alone is everything',
		[
			['pause', 'a'],
			['pause', 'b'],
		],
		'a - b - all',
	],
	['paused by name, and all resumed', [['pause', 'a'], ['resume']], 'a + b + idle'],
	['all paused, and one brought back', [['pause'], ['resume', 'a']], 'a + b -'],
	['brought back, and paused once more', [['pause'], ['resume', 'a'], ['pause']], 'a - b - all'],
	[
		'paused by name before all',
		[
			['pause', 'a', 'x'],
			['pause', undefined, 'y'],
		],
		'a y b y all',
	],
	['a reason', [['pause', undefined, 'x']], 'a x b x all'],
	['all paused after one, which keeps its reason', [['pause', 'a', 'x'], ['pause']], 'a x b - all'],
	[
		'a later reason',
		[
			['pause', undefined, 'x'],
			['pause', undefined, 'y'],
		],
		'a y b y all',
	],
	[
		'paused once more without a reason',
		[
			['pause', 'a', 'x'],
			['pause', 'a'],
		],
		'a x b +',
	],
	[
		'one of them for another reason',
		[
			['pause', undefined, 'x'],
			['pause', 'a', 'y'],
		],
		'a y b x all',
	],
	['resumed what runs', [['resume', 'a'], ['resume']], 'a + b + idle'],
])('%s', (_sentence, requests, state) => expect(after(requests)).toBe(state));

test('says whether something has changed, and a pause begins once', () => {
	const pauses = new Pauses();
	expect([pauses.resume(null), pauses.resume('a')]).toEqual([false, false]);
	expect([pauses.pause('a', null, 1), pauses.pause('a', null, 2), pauses.pause('a', 'x', 3)]).toEqual([
		true,
		false,
		true,
	]);
	expect(pauses.of('a')).toEqual({ reason: 'x', sinceMs: 1 });
	expect([pauses.pause(null, null, 4), pauses.pause(null, null, 5)]).toEqual([true, false]);
	expect([pauses.resume('a'), pauses.resume('a'), pauses.resume(null)]).toEqual([true, false, true]);
});

test('where there is no service, the request for all tells', () => {
	const pauses = new Pauses();
	expect(pauses.everything([])).toBe(false);
	pauses.pause(null, null, 0);
	expect(pauses.everything([])).toBe(true);
});
