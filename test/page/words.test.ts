import { expect, test } from 'vitest';
import { happeningsOf } from '../../src/page/happenings.js';
import { waitMs } from '../../src/page/poll.js';
import { spoken } from '../../src/page/spoken.js';
import { clock, duration, leaseHex, seconds } from '../../src/page/words.js';
import type { RecentChange } from '../../src/registrar/documents.js';
import { aKey, aRecent, change } from './recent.js';

test.each([
	[12.4, '12 ms'],
	[1_999, '1 s'],
	[60_000, '1 min'],
	[250_000, '4 min 10 s'],
	[3_600_000 * 3 + 300_000, '3 h 5 min'],
	[86_400_000 * 2 + 3_600_000 * 4 + 5_000, '2 d 4 h'],
	[86_400_000 + 60_000, '1 d'],
])('%d ms are told as %s', (ms, text) => {
	expect(duration(ms)).toBe(text);
});

test('times, leases and short waits are told as people read them', () => {
	const now = new Date(2026, 10, 25, 3, 12, 44).getTime();
	expect(clock(now, now)).toBe('03:12:44');
	expect(clock(now - 86_400_000, now)).toBe('2026-11-24 03:12:44');
	expect(seconds(400)).toBe('a moment');
	expect(leaseHex('9157825115505885185')).toBe('7f17216c1ce10001');
	expect(leaseHex('-1')).toBe('ffffffffffffffff');
});

const keys = [aKey('k0'), aKey('k1'), aKey('k2')];
test.each<readonly [sentence: string, changes: readonly RecentChange[], lines: readonly string[]]>([
	['a first registration', [change(9_000, 'registered', null, [0, 1, 2])], ['registered | all 3 keys']],
	[
		'a repair is one line',
		[
			change(9_000, 'missing', 'registered', [1]),
			change(8_950, 'repaired', null, [1], 'absent'),
			change(8_950, 'registered', 'missing', [1]),
		],
		['put right | k1: found absent, right 50 ms later'],
	],
	[
		'one that took long is two',
		[
			change(9_000, 'wrong', 'registered', [1, 2]),
			change(2_000, 'repaired', null, [1, 2], 'no_lease'),
			change(2_000, 'registered', 'wrong', [1, 2]),
		],
		['put right | 2 keys: found under no lease, right 7 s later', 'wrong | 2 keys'],
	],
	[
		'right again by another hand',
		[change(9_000, 'wrong', 'registered', [0]), change(2_000, 'registered', 'wrong', [0])],
		['right again | k0', 'wrong | k0'],
	],
	[
		'an outage that goes on',
		[change(9_000, 'silent', null, [], 'no answer')],
		['etcd silent | until now: no answer'],
	],
	[
		'an outage and its end',
		[change(9_000, 'silent', null, [], 'no answer'), change(2_000, 'recovered')],
		['etcd is back | after 7 s', 'etcd silent | for 7 s: no answer'],
	],
	[
		'passes that failed',
		[change(9_000, 'failing', null, [], 'no space'), change(2_000, 'recovered')],
		['passes succeed | after 7 s', 'passes fail | for 7 s: no space'],
	],
	[
		'another etcd',
		[change(9_000, 'replaced')],
		['etcd replaced | wiped, restored or another cluster: beginning anew'],
	],
	[
		'out and in',
		[change(9_000, 'withdrawn', 'registered', [0], 'paused'), change(2_000, 'registered', 'withdrawn', [0])],
		['in again | k0', 'withdrawn | k0: paused'],
	],
	[
		'held and refused',
		[
			change(9_000, 'standing-by', 'registered', [0]),
			change(8_000, 'denied', 'registered', [1], 'permission-denied'),
			change(7_000, 'denied', 'registered', [2], 'too-large'),
		],
		[
			'refused | k2: too large for this etcd',
			'refused | k1: no permission',
			'standing by | k0: another process holds it',
		],
	],
	[
		'a key that is gone meanwhile',
		[change(9_000, 'registered', null, [7])],
		['registered | a key that is no longer wanted'],
	],
])('what happened: %s', (_, changes, lines) => {
	expect(happeningsOf(aRecent(changes), keys).map(({ label, text }) => `${label} | ${text}`)).toEqual(lines);
});

test('a line is told in words, the oldest of many left out', () => {
	const now = new Date(2026, 10, 25, 3, 12, 44).getTime();
	const line = [
		{ fromMs: 60_000, toMs: 10_000, is: 'registered' },
		{ fromMs: 10_000, toMs: 9_950, is: 'missing' },
		{ fromMs: 9_950, toMs: 0, is: 'registered' },
	] as const;
	expect(spoken(line, [change(9_950, 'repaired', null, [0], 'absent')], now)).toBe(
		'at first right; from 03:12:34 missing for 50 ms; from 03:12:34 right; from 03:12:34 put right: found absent',
	);
	const many = Array.from({ length: 40 }, (_, n) => change(40_000 - n, 'repaired', null, [0], 'absent'));
	expect(spoken([], many, now)).toMatch(/^28 earlier changes; from (.*?; ){11}from /);
});

test('it asks each second, backs off while nobody answers, and spares a registrar that takes long', () => {
	const wait = (failures: number, tookMs = 5, isHidden = false) => waitMs({ failures, tookMs, isHidden });
	expect([0, 1, 2, 3, 4, 5, 50].map((failures) => wait(failures))).toEqual([
		...[1_000, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000],
	]);
	expect([wait(0, 400), wait(0, 5, true)]).toEqual([4_000, 10_000]);
});
