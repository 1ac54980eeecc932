import { expect, test } from 'vitest';
import { plainFields, plainText } from '../../../src/core/log/log-fields.js';

const plain = (value: unknown, stacks = false) =>
	JSON.parse(JSON.stringify(plainFields({ value }, { stacks }))).value;

const circle: Record<string, unknown> = { name: 'circle' };
circle.self = circle;
const deep = Array.from({ length: 20 }).reduce<unknown>((inner) => ({ inner }), 'end');
const causes = new Error('no pass', {
	cause: Object.assign(new Error('no answer'), { code: 'timeout', cause: new TypeError('refused') }),
});
class Refused extends Error {
	override readonly name = 'Refused';
	readonly code = 14;
	readonly metadata = { big: 'x'.repeat(100) };
}

test.each<[string, unknown, unknown]>([
	['text stays', 'text', 'text'],
	['numbers, yes and no, null stay', [1, -0.5, true, false, null], [1, -0.5, true, false, null]],
	[
		'what JSON has no number for is told in words',
		[Number.NaN, Number.POSITIVE_INFINITY],
		['NaN', 'Infinity'],
	],
	['64-bit numbers keep each digit', 9007199254740993n, '9007199254740993'],
	['a date is told in UTC', new Date(0), '1970-01-01T00:00:00.000Z'],
	['a date that is none', new Date(Number.NaN), 'Invalid Date'],
	['a URL is told as text, without its password', new URL('http://root:pw@h:1/x'), 'http://[redacted]@h:1/x'],
	['maps and sets are told by what they hold', [new Map([['a', 1]]), new Set([2])], [{ a: 1 }, [2]]],
	['bytes are counted', Buffer.from('secret'), '[6 bytes]'],
	['functions and symbols are named', [() => {}, Symbol('s')], ['[function]', 'Symbol(s)']],
	['a circle ends', circle, { name: 'circle', self: '[circular]' }],
	[
		'one object in two places is no circle',
		[causes.cause, causes.cause].map(() => ({ a: 1 })),
		[{ a: 1 }, { a: 1 }],
	],
	['an error is its message', new Error('broken'), { message: 'broken' }],
	['and its code, but nothing else that it carries', new Refused('no'), { message: 'no', code: 14 }],
	['an error without a message is its name', new TypeError(), { message: 'TypeError' }],
	[
		'causes are told to the end',
		causes,
		{ message: 'no pass', cause: { message: 'no answer', code: 'timeout', cause: { message: 'refused' } } },
	],
	[
		'an aggregate tells each',
		new AggregateError([new Error('a'), 'b'], 'both'),
		{ message: 'both', errors: [{ message: 'a' }, 'b'] },
	],
	['a cause need not be an error', new Error('a', { cause: 'b' }), { message: 'a', cause: 'b' }],
	['an object that tells itself is heard', { toJSON: () => ({ a: 1 }) }, { a: 1 }],
	[
		'a getter that throws costs only itself',
		Object.defineProperty({ a: 1 }, 'b', { enumerable: true, get: () => expect.fail() }),
		{ a: 1, b: '[unreadable]' },
	],
	[
		'an object that throws at each touch',
		new Proxy({}, { ownKeys: () => expect.fail(), has: () => expect.fail() }),
		'[unreadable]',
	],
	['a toJSON that throws', { toJSON: () => expect.fail() }, '[unreadable]'],
])('%s', (_name, value, expected) => {
	expect(plain(value)).toEqual(expected);
});

test('what is nested too deeply is cut', () => {
	expect(JSON.stringify(plain(deep))).toContain('[too deep]');
});

test('a long list, a wide object and a long text are cut, and say so', () => {
	expect(plain(Array.from({ length: 1000 }))).toHaveLength(201);
	expect(
		Object.keys(plain(Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`k${n}`, n])))),
	).toHaveLength(201);
	expect(plain('x'.repeat(1_000_000)).length).toBeLessThan(17_000);
});

test('stacks are shown only when asked for', () => {
	expect(plain(new Error('broken'), true)).toEqual({
		message: 'broken',
		stack: expect.stringContaining('log-fields.test.ts'),
	});
});

test('the copy does not change with the original, nor the original by copying', () => {
	const error = Object.freeze(new Error('broken'));
	const fields = { list: [1], error };
	const copy = plainFields(fields, { stacks: false });
	fields.list.push(2);
	expect(copy.list).toEqual([1]);
	expect(Object.keys(error)).toEqual([]);
});

test('a field that is not given is left out', () => {
	expect(Object.keys(plainFields({ a: undefined, b: 1 }, { stacks: false }))).toEqual(['b']);
});

test('a field named __proto__ is a field like any other', () => {
	const copy = plainFields(JSON.parse('{"__proto__":{"polluted":1}}'), { stacks: false });
	expect(Object.keys(copy)).toEqual(['__proto__']);
	expect('polluted' in copy).toBe(false);
});

test.each([
	'password',
	'ETCD_PASSWORD',
	'etcdPasswd',
	'secret',
	'clientSecret',
	'token',
	'accessToken',
	'Authorization',
	'credentials',
	'private_key',
	'privateKey',
	'DB_PASS',
	'dbPass',
	'pass',
])('text under %s is redacted, at any depth', (name) => {
	expect(JSON.stringify(plain({ deep: [{ [name]: 'hunter2' }] }))).toBe(
		`{"deep":[{"${name}":"[redacted]"}]}`,
	);
});

test('what lies under the name of a secret is redacted as a whole', () => {
	expect(plain({ credentials: { username: 'root', password: 'hunter2' } })).toEqual({
		credentials: '[redacted]',
	});
});

test.each<[string, Record<string, unknown>]>([
	['a pass of the loop', { lastPass: { ok: true }, passes: 3, pass: 7 }],
	['a count', { tokens: 10 }],
	['yes or no', { passwordSet: true }],
	['nothing', { password: null, token: '' }],
	['a key of etcd', { key: '/ns/orders/10.0.0.7:8080' }],
	['a word that only contains one', { compass: 'north', bypassed: 'yes' }],
])('%s is no secret', (_name, fields) => {
	expect(plain(fields)).toEqual(fields);
});

test.each([
	['a user and a password', 'http://root:pw@h:2379/x', 'http://[redacted]@h:2379/x'],
	['a user alone', 'https://root@h', 'https://[redacted]@h'],
	[
		'each of a list',
		'http://a:b@h1:1;http://c:d@h2:2,h3',
		'http://[redacted]@h1:1;http://[redacted]@h2:2,h3',
	],
	['a password with a slash', 'http://root:a/b@h:1', 'http://[redacted]@h:1'],
	['a password with an @', 'http://root:p@ss@h:1', 'http://[redacted]@h:1'],
	['within a sentence', 'dial postgres://u:p@h/db failed', 'dial postgres://[redacted]@h/db failed'],
	['no URL', 'mail me@example.org', 'mail me@example.org'],
	['a URL without a user', 'http://h:2379/a?mail=me', 'http://h:2379/a?mail=me'],
	['an @ in the path', 'http://h/@scope/name', 'http://h/@scope/name'],
])('URLs: %s', (_name, text, expected) => {
	expect(plainText(text)).toBe(expected);
	expect(plain(new Error('a', { cause: text }))).toEqual({ message: 'a', cause: expected });
});

test('a long text full of marks costs no more than its length', () => {
	for (const hostile of [
		'://'.repeat(5000),
		`://${'a:'.repeat(8000)}`,
		`://${'@'.repeat(16_000)}`,
		`@${'://a:b'.repeat(3000)}`,
	]) {
		const from = performance.now();
		plainText(hostile);
		// Milliseconds if each character is read a few times; minutes if not.
		expect(performance.now() - from).toBeLessThan(5000);
	}
});
