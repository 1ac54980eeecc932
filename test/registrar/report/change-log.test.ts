import { beforeEach, expect, test } from 'vitest';
import { ConfigError, StoreError } from '../../../src/core/errors.js';
import type { KeyState } from '../../../src/registrar/pass/memory.js';
import { Pass } from '../../../src/registrar/pass/pass.js';
import { ChangeLog } from '../../../src/registrar/report/change-log.js';
import { aStage, ManualClock } from '../../support/memory/reconciling.js';

const UNSEEN: KeyState = { is: 'unseen' };
const REGISTERED: KeyState = { is: 'registered' };
const MISSING: KeyState = { is: 'wrong', isAbsent: true };
const WRONG: KeyState = { is: 'wrong', isAbsent: false };
const silence = new StoreError('timeout', 'no answer');
let clock: ManualClock;
let log: ChangeLog;

beforeEach(() => {
	clock = new ManualClock();
	log = new ChangeLog(clock, () => 'paused');
});

/** In one line each: `registered→missing absent 0-2`. */
const told = (): string[] =>
	log
		.recent(null)
		.changes.map(({ kind, before, why, keys }) =>
			[`${before ?? ''}→${kind}`, why ?? '', keys.map((range) => range.join('-')).join(',')]
				.filter((part) => part !== '')
				.join(' '),
		);
const heal = (key: string) => {
	log.changed(key, REGISTERED, MISSING);
	log.repaired(key, 'absent');
	log.changed(key, MISSING, REGISTERED);
};

test('keys that change alike in one pass are one change, at the time of the first one', () => {
	for (const key of ['a', 'b', 'c', 'd']) log.changed(key, UNSEEN, REGISTERED);
	log.close();
	clock.advance(5_000);
	for (const key of ['d', 'a', 'b']) log.changed(key, REGISTERED, MISSING);
	clock.advance(10);
	for (const key of ['a', 'b', 'd']) {
		log.repaired(key, 'absent');
		log.changed(key, MISSING, REGISTERED);
	}
	log.close();
	expect(told()).toEqual([
		'→registered 0-3',
		'registered→missing 0-1,3-3',
		'→repaired absent 0-1,3-3',
		'missing→registered 0-1,3-3',
	]);
	const { changes, keys, startedAgoMs } = log.recent(clock.now() - 7_000);
	expect(changes.map(({ agoMs, count }) => [agoMs, count])).toEqual([
		[5_010, 4],
		[10, 3],
		[0, 3],
		[0, 3],
	]);
	expect(keys).toEqual([
		[0, 'a'],
		[1, 'b'],
		[2, 'c'],
		[3, 'd'],
	]);
	expect(startedAgoMs).toBe(7_000);
});

test('a state that stays is no change', () => {
	log.changed('a', REGISTERED, REGISTERED);
	log.changed('a', WRONG, { is: 'wrong', isAbsent: false });
	log.changed('a', { is: 'standing-by', lease: '7' }, { is: 'standing-by', lease: '8' });
	expect(told()).toEqual([]);
});

test('what a key became twice in one pass keeps its order', () => {
	heal('a');
	log.changed('a', REGISTERED, WRONG);
	log.changed('a', WRONG, REGISTERED);
	log.changed('a', REGISTERED, MISSING);
	expect(told()).toEqual([
		'registered→missing 0-0',
		'→repaired absent 0-0',
		'missing→registered 0-0',
		'registered→wrong 0-0',
		'wrong→registered 0-0',
		'registered→missing 0-0',
	]);
});

test.each<readonly [what: string, error: Error, kind: string]>([
	['no answer', silence, '→silent no answer'],
	['no connection', new StoreError('unreachable', 'refused'), '→silent refused'],
	['a refusal', new StoreError('exhausted', 'no space'), '→failing no space'],
	['no address', new ConfigError(['no address']), '→failing no address'],
])(
	'of passes that fail (%s) the first one counts, from its beginning, until one is good',
	(_, error, kind) => {
		clock.advance(2_000);
		log.failed(error, clock.now() - 1_500);
		for (let times = 0; times < 1_000; times += 1) {
			clock.advance(1_000);
			log.failed(silence, clock.now());
		}
		log.passed();
		log.passed();
		log.replaced();
		expect(told()).toEqual([kind, '→recovered', '→replaced']);
		expect(log.recent(null).changes.map(({ agoMs }) => agoMs)).toEqual([1_001_500, 0, 0]);
	},
);

test('a refusal and a withdrawal tell why', () => {
	log.changed('a', REGISTERED, { is: 'denied', why: 'too-large', triedMs: 0 });
	log.changed('b', REGISTERED, { is: 'withdrawn' });
	log.failed(new StoreError('timeout', 'x'.repeat(10_000)), 0);
	expect(told().slice(0, 2)).toEqual(['registered→denied too-large 0-0', 'registered→withdrawn paused 1-1']);
	expect(log.recent(null).changes.at(-1)?.why?.length).toBe(300);
});

test('an hour of faults with 10,000 keys takes no more room than ten minutes, and says how far back it is complete', () => {
	const keys = Array.from({ length: 10_000 }, (_, n) => `k${n}`);
	for (const key of keys) log.changed(key, UNSEEN, REGISTERED);
	log.close();
	let size = 0;
	for (let second = 0; second < 3_600; second += 1) {
		clock.advance(1_000);
		// All of them, every other one (as many ranges), and single ones in turn.
		const step = second % 100 === 0 ? 1 : second % 100 === 50 ? 2 : 7_919;
		for (let n = second % step; n < keys.length; n += step) heal(keys[n] ?? '');
		log.close();
		if (second === 600) size = JSON.stringify(log.recent(0)).length;
	}
	const recent = log.recent(0);
	expect(JSON.stringify(recent).length).toBeLessThan(2 * size);
	expect(recent.changes.length).toBeLessThanOrEqual(512);
	expect(recent.changes.reduce((sum, { keys: ranges }) => sum + ranges.length, 0)).toBeLessThanOrEqual(4_096);
	expect(recent.completeAgoMs).toBeGreaterThanOrEqual(recent.changes[0]?.agoMs ?? Infinity);
	const half = recent.changes.find(({ count }) => count === 5_000);
	expect(half?.keys.length ?? 0).toBeLessThanOrEqual(1_024);
});

test('keys that come and go leave nothing behind', () => {
	for (let n = 0; n < 5_000; n += 1) {
		log.changed(`k${n}`, UNSEEN, REGISTERED);
		log.close();
		log.forgotten(`k${n}`);
	}
	const { keys, changes } = log.recent(null);
	expect([keys, changes.length]).toEqual([[], 512]);
});

test('it follows a pass: missing, wrong, withdrawn, held by another process', async () => {
	const { etcd, clock: time, start } = aStage();
	const { store, leases } = start();
	log = new ChangeLog(time);
	const pass = new Pass({
		...{ store, leases, policy: 'take-over', clock: time, follower: log },
		report: (fact) => fact.fact === 'repaired' && log.repaired(fact.key, fact.reason),
	});
	const run = async (wanted: Record<string, string | null>) => {
		await pass.run(() => new Map(Object.entries(wanted)), { retryRefused: true });
		log.close();
	};
	await run({ a: '1', b: '2' });
	await run({ a: '1', b: '2' });
	etcd.delete('a');
	etcd.put('b', 'x');
	await run({ a: '1', b: '2' });
	await run({ a: '1', b: null });
	await run({ a: '3', b: null });
	expect(told()).toEqual([
		'→registered 0-1',
		'registered→missing 0-0',
		'registered→wrong 1-1',
		'→repaired absent 0-0',
		'missing→registered 0-0',
		'→repaired no_lease 1-1',
		'wrong→registered 1-1',
		'registered→withdrawn 1-1',
	]);
});
