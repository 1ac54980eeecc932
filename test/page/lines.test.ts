import { expect, test } from 'vitest';
import { type Line, Lines, sinceMs, within } from '../../src/page/lines.js';
import type { KeyState, RecentChange } from '../../src/registrar/documents.js';
import { ChangeLog } from '../../src/registrar/report/change-log.js';
import { ManualClock } from '../support/memory/reconciling.js';
import { aRecent, change } from './recent.js';

const HOUR = 3_600_000;
const drawn = (line: Line): string[] => line.map(({ fromMs, toMs, is }) => `${is} ${fromMs}-${toMs}`);

test.each<
	readonly [sentence: string, changes: readonly RecentChange[], state: KeyState, line: readonly string[]]
>([
	['a key that never changed has been so since the start', [], 'registered', [`registered ${HOUR}-0`]],
	['one that never came in is pending since the start', [], 'pending', [`pending ${HOUR}-0`]],
	[
		'before its first registration nothing is known',
		[change(5_000, 'registered', null, [0])],
		'registered',
		[`none ${HOUR}-5000`, 'registered 5000-0'],
	],
	[
		'missing until it was put right',
		[
			change(5_000, 'missing', 'registered', [0, 1]),
			change(4_000, 'repaired', null, [0], 'absent'),
			change(4_000, 'registered', 'missing', [0]),
		],
		'registered',
		[`registered ${HOUR}-5000`, 'missing 5000-4000', 'registered 4000-0'],
	],
	[
		'what happened to others leaves no trace',
		[change(5_000, 'wrong', 'registered', [1, 2])],
		'registered',
		[`registered ${HOUR}-0`],
	],
	[
		'verified too long ago is no change: the outage tells it',
		[change(9_000, 'silent')],
		'unverified',
		[`registered ${HOUR}-9000`, 'silent 9000-0'],
	],
	[
		'an outage lies over what was known before',
		[
			change(9_000, 'silent'),
			change(5_000, 'recovered'),
			change(4_990, 'missing', 'registered', [0]),
			change(4_980, 'registered', 'missing', [0]),
		],
		'registered',
		[
			`registered ${HOUR}-9000`,
			'silent 9000-5000',
			'registered 5000-4990',
			'missing 4990-4980',
			'registered 4980-0',
		],
	],
	[
		'where etcd answers and refuses, what is wrong stays known',
		[change(9_000, 'wrong', 'registered', [0]), change(9_000, 'failing')],
		'wrong',
		[`registered ${HOUR}-9000`, 'wrong 9000-0'],
	],
	[
		'an outage that began before what is kept',
		[change(9_000, 'recovered')],
		'registered',
		[`silent ${HOUR}-9000`, 'registered 9000-0'],
	],
	[
		'what took no time at all is left out',
		[change(9_000, 'missing', 'registered', [0]), change(9_000, 'registered', 'missing', [0])],
		'registered',
		[`registered ${HOUR}-0`],
	],
])('%s', (_, changes, state, line) => {
	expect(drawn(new Lines(aRecent(changes)).of('k0', state))).toEqual(line);
});

test.each([
	[1_000, [`registered ${HOUR}-0`]],
	[4_000, [`registered ${HOUR}-4000`, 'silent 4000-0']],
])('a pass that has been running for %d ms', (passingMs, line) => {
	expect(drawn(new Lines(aRecent([], { passingMs })).of('k0', 'registered'))).toEqual(line);
});

test('what is no longer kept is not known', () => {
	const lines = new Lines(aRecent([change(5_000, 'registered', 'withdrawn', [0])], { completeAgoMs: 8_000 }));
	expect(drawn(lines.of('k0', 'registered'))).toEqual(['withdrawn 8000-5000', 'registered 5000-0']);
	expect(lines.known).toEqual({ agoMs: 8_000, isStart: false });
	expect(new Lines(aRecent([])).known).toEqual({ agoMs: HOUR, isStart: true });
});

test('of several keys the worst is shown at each time', () => {
	const lines = new Lines(
		aRecent([
			change(9_000, 'missing', 'registered', [0]),
			change(8_000, 'wrong', 'registered', [1]),
			change(7_000, 'registered', 'missing', [0]),
			change(6_000, 'registered', 'wrong', [1]),
			change(5_000, 'withdrawn', 'registered', [2]),
		]),
	);
	const all = (['k0', 'k1', 'k2'] as const).map((key) => ({
		key,
		state: key === 'k2' ? ('withdrawn' as const) : ('registered' as const),
	}));
	expect(drawn(lines.ofAll(all))).toEqual([
		`registered ${HOUR}-9000`,
		'missing 9000-7000',
		'wrong 7000-6000',
		'registered 6000-0',
	]);
	expect(drawn(lines.ofAll(all.slice(2)))).toEqual([`registered ${HOUR}-5000`, 'withdrawn 5000-0']);
	expect(lines.ofAll([])).toEqual([]);
});

test('a window cuts a line, and its newest part that is alike tells since when', () => {
	const line = new Lines(aRecent([change(700, 'missing', 'registered', [0]), change(300, 'silent')])).of(
		'k0',
		'wrong',
	);
	expect(drawn(within(line, 500))).toEqual(['missing 500-300', 'silent 300-0']);
	expect(drawn(within(line, 200))).toEqual(['silent 200-0']);
	expect(sinceMs(line, (is) => is !== 'registered')).toBe(700);
	expect(sinceMs(line, (is) => is === 'registered')).toBe(0);
});

test('the lines of a real change log say of 2,000 keys what became of each', () => {
	const clock = new ManualClock();
	const log = new ChangeLog(clock);
	const keys = Array.from({ length: 2_000 }, (_, n) => `k${n}`);
	const registered = { is: 'registered' } as const;
	for (const key of keys) log.changed(key, { is: 'unseen' }, registered);
	log.close();
	clock.advance(1_000);
	for (const key of keys.filter((_, n) => n % 3 === 0))
		log.changed(key, registered, { is: 'wrong', isAbsent: true });
	log.close();
	clock.advance(500);
	const lines = new Lines(log.recent(clock.now() - 2_000));
	for (const [n, key] of keys.entries())
		expect(lines.of(key, n % 3 === 0 ? 'wrong' : 'registered').map(({ is }) => is)).toEqual(
			n % 3 === 0 ? ['none', 'registered', 'missing'] : ['none', 'registered'],
		);
});
