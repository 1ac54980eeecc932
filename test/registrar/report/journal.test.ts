import { beforeEach, expect, test } from 'vitest';
import { StoreError } from '../../../src/core/errors.js';
import { Counting } from '../../../src/registrar/report/counters.js';
import { Emitter } from '../../../src/registrar/report/emitter.js';
import { Journal } from '../../../src/registrar/report/journal.js';
import { aLogger } from '../../support/logger.js';
import { ManualClock } from '../../support/memory/reconciling.js';
import { until } from '../../support/until.js';

const error = new StoreError('timeout', 'no answer');
let clock: ManualClock;
let log: ReturnType<typeof aLogger>;
let counting: Counting;
let journal: Journal;
let events: string[];

beforeEach(() => {
	clock = new ManualClock();
	log = aLogger();
	counting = new Counting();
	events = [];
	const emitter = new Emitter(log.logger);
	for (const event of ['registered', 'repaired', 'withdrawn', 'conflict', 'degraded', 'recovered'] as const) {
		emitter.on(event, (detail) => events.push(`${event} ${JSON.stringify(detail)}`));
	}
	journal = new Journal({ logger: log.logger, emitter, counting, clock });
});

/** Passes that fail, one each `everyMs`. */
function outage(ms: number, everyMs = 500): void {
	for (let at = 0; at < ms; at += everyMs) {
		journal.failed(error, clock.now());
		journal.flush();
		clock.advance(everyMs);
	}
}

test('each fact is an event with what it is about', () => {
	journal.tell({ fact: 'registered', key: 'a', lease: '7' });
	journal.tell({ fact: 'repaired', key: 'a', reason: 'absent', lease: '7' });
	journal.tell({ fact: 'withdrawn', key: 'a' });
	journal.tell({ fact: 'standing by', key: 'a', lease: '8' });
	journal.tell({ fact: 'conflict', key: 'a', lease: '8', isNews: false });
	expect(events).toEqual([
		'registered {"key":"a","lease":"7"}',
		'repaired {"key":"a","reason":"absent","lease":"7"}',
		'withdrawn {"key":"a"}',
		'conflict {"key":"a","lease":"8","fatal":false}',
		'conflict {"key":"a","lease":"8","fatal":true}',
	]);
	expect(counting.now()).toMatchObject({
		conflicts: 1,
		repairs: { absent: 1, foreign_lease: 0, no_lease: 0, value_drift: 0 },
	});
});

test('a lease is told as etcdctl prints it to people, and as decimal text to programs', () => {
	journal.tell({ fact: 'registered', key: 'a', lease: '7587880000000000255' });
	journal.tell({ fact: 'standing by', key: 'a', lease: '-1' });
	journal.flush();
	expect(log.lines.map(({ fields }) => fields.lease)).toEqual(['694d90a85e4a80ff', 'ffffffffffffffff']);
	expect(events[0]).toBe('registered {"key":"a","lease":"7587880000000000255"}');
});

test('what is no etcd is named once an outage, however many of them answer in turn', () => {
	const strangers = ['http://a is not an etcd: kine (k3s)', 'http://b is not an etcd: another gRPC service'];
	const named = () => log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields.reason);
	for (let pass = 0; pass < 20; pass += 1) {
		journal.failed(new StoreError('not-etcd', strangers[pass % 2] ?? ''), clock.now());
		journal.flush();
		clock.advance(2_000);
	}
	expect(named()).toEqual([strangers[0]]);
	journal.passed();
	journal.failed(new StoreError('unreachable', 'connection refused'), clock.now());
	journal.failed(new StoreError('not-etcd', strangers[1] ?? ''), clock.now());
	journal.flush();
	expect(named()).toEqual(strangers);
});

test('a conflict that nobody stood by before is counted too', () => {
	journal.tell({ fact: 'conflict', key: 'a', lease: '8', isNews: true });
	expect(counting.now().conflicts).toBe(1);
});

test('a reason of another kind is told at once, each kind once an outage', () => {
	const away = [new StoreError('unreachable', 'refused'), new StoreError('timeout', 'no answer')];
	const login = new StoreError('authentication-failed', 'wrong password');
	const token = new StoreError('token-rejected', 'no longer good');
	for (const failure of [token, ...away, login, token, ...away, login]) {
		journal.failed(failure, clock.now());
		journal.flush();
		clock.advance(1_000);
	}
	const told = () => log.lines.map(({ message, fields }) => `${message}: ${fields.reason}`);
	expect(told()).toEqual([
		'a pass failed: trying again until one succeeds: no longer good',
		'every pass still fails: refused',
		'every pass still fails: wrong password',
	]);
	journal.passed();
	journal.failed(login, clock.now());
	journal.flush();
	expect(told().at(-1)).toBe('a pass failed: trying again until one succeeds: wrong password');
});

test('what a pass tells is one line for each kind, with the first ten of its kind and how many there were', () => {
	for (let n = 0; n < 10_000; n += 1)
		journal.tell({ fact: 'repaired', key: `k${n}`, reason: n % 2 ? 'absent' : 'no_lease', lease: '7' });
	expect(log.lines).toEqual([]);
	journal.flush();
	const evens = Array.from({ length: 10 }, (_, n) => `k${2 * n}`);
	const odds = Array.from({ length: 10 }, (_, n) => `k${2 * n + 1}`);
	expect(log.lines).toEqual([
		{
			level: 'warn',
			message: 'put right',
			fields: { key: 'k0', reason: 'no_lease', lease: '7', keys: evens, times: 5_000 },
		},
		{
			level: 'warn',
			message: 'put right',
			fields: { key: 'k1', reason: 'absent', lease: '7', keys: odds, times: 5_000 },
		},
	]);
	expect(events).toHaveLength(10_000);
});

test('one that happens alone is told without a count', () => {
	journal.tell({ fact: 'registered', key: 'a', lease: '7' });
	journal.flush();
	expect(log.lines).toEqual([{ level: 'info', message: 'registered', fields: { key: 'a', lease: '7' } }]);
	clock.advance(5_000);
	journal.flush();
	expect(log.lines).toHaveLength(1);
});

test('a fault that repeats itself is one line a second, and nothing is lost from the count', () => {
	for (let n = 0; n < 100; n += 1) {
		journal.tell({ fact: 'repaired', key: 'a', reason: 'absent', lease: '7' });
		journal.flush();
		clock.advance(100);
	}
	clock.advance(1_000);
	journal.flush();
	expect(log.lines.length).toBeLessThanOrEqual(11);
	expect(log.lines.reduce((sum, { fields }) => sum + Number(fields.times ?? 1), 0)).toBe(100);
});

test('an outage is one line and one event, its end another', () => {
	outage(20_000);
	journal.passed();
	journal.flush();
	journal.passed();
	journal.flush();
	expect(log.lines).toEqual([
		{
			level: 'warn',
			message: 'a pass failed: trying again until one succeeds',
			fields: { reason: 'no answer' },
		},
		{ level: 'info', message: 'etcd answers again', fields: { downMs: 20_000, attempts: 40 } },
	]);
	expect(events).toEqual([
		'degraded {"error":{"code":"timeout","name":"StoreError"}}',
		'recovered {"downMs":20000,"attempts":40}',
	]);
});

test('an outage begins with the first pass that fails, not when that pass is given up', () => {
	const beganMs = clock.now();
	clock.advance(6_000);
	journal.failed(error, beganMs);
	clock.advance(1_000);
	journal.passed();
	expect(events.at(-1)).toBe('recovered {"downMs":7000,"attempts":1}');
});

test('an outage of an hour fits a screen, one of a week is remembered each hour', () => {
	outage(3_600_001);
	expect(log.lines.map(({ message, fields }) => `${message} ${fields.downMs ?? ''}`.trim())).toEqual([
		'a pass failed: trying again until one succeeds',
		'every pass still fails 60000',
		'every pass still fails 600000',
		'every pass still fails 3600000',
	]);
	outage(7 * 24 * 3_600_000, 60_000);
	expect(log.lines.length - 4).toBeGreaterThanOrEqual(7 * 24 - 1);
	expect(log.lines.length - 4).toBeLessThanOrEqual(7 * 24);
	expect(events).toHaveLength(1);
});

test('a second outage is told anew', () => {
	for (let n = 0; n < 3; n += 1) {
		outage(20_000);
		journal.passed();
		journal.flush();
		clock.advance(60_000);
	}
	expect(log.lines).toHaveLength(6);
	expect(events).toHaveLength(6);
});

test('etcd that comes and goes ten times a second stays readable', () => {
	for (let n = 0; n < 600; n += 1) {
		journal.failed(error, clock.now());
		journal.flush();
		clock.advance(50);
		journal.passed();
		journal.flush();
		clock.advance(50);
	}
	expect(log.lines.length).toBeLessThanOrEqual(125);
	expect(events).toHaveLength(1_200);
});

test('what is said twice in an outage, by other words, is one line while the state is one', () => {
	for (const message of ['a', 'b', 'c', 'd']) {
		journal.failed(new StoreError('unavailable', message), clock.now());
		journal.flush();
		clock.advance(2_000);
	}
	expect(log.lines).toHaveLength(1);
});

test('a denied key and a history that changed are told, and are no events', () => {
	journal.tell({ fact: 'denied', why: 'permission-denied', key: 'a' });
	journal.tell({ fact: 'history changed' });
	journal.flush();
	expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
	expect(events).toEqual([]);
});

test('a fault of our own is told as one, with its stack, and not only as an outage', () => {
	journal.failed(new TypeError('x is not a function'), clock.now());
	journal.flush();
	expect(log.lines.filter((line) => line.message.includes('a fault of the registrar itself'))).toHaveLength(
		1,
	);
});

test('an outage says which etcd is meant', () => {
	const where = new Journal({
		...{ logger: log.logger, emitter: new Emitter(log.logger), counting, clock },
		where: { endpoints: 'http://10.0.0.1:2379' },
	});
	where.failed(error, clock.now());
	where.flush();
	expect(log.lines.at(-1)?.fields).toEqual({ reason: 'no answer', endpoints: 'http://10.0.0.1:2379' });
});

test('a line that is kept back for a second follows by itself, and at the latest with the last word', async () => {
	const repaired = (key: string) => {
		journal.tell({ fact: 'repaired', key, reason: 'absent', lease: '7' });
		journal.flush();
	};
	const keys = () => log.lines.map(({ fields }) => fields?.key);
	for (const key of ['a', 'b', 'c']) repaired(key);
	expect(keys()).toEqual(['a']);
	clock.advance(1_000);
	await until(() => log.lines.length === 2);
	expect(log.lines[1]).toMatchObject({ fields: { key: 'b', keys: ['b', 'c'], times: 2 } });
	repaired('d');
	journal.stopped(true, { hadKeys: true, ttlSeconds: 9 });
	expect(keys()).toEqual(['a', 'b', 'd', undefined]);
});
