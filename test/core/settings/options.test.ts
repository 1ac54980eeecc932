import { describe, expect, it, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.js';
import type { ParsedOptions } from '../../../src/core/settings/config.js';
import { parseOptions } from '../../../src/core/settings/from-options.js';
import type { RegistrarOptions } from '../../../src/core/settings/options.js';
import { parseService } from '../../../src/core/settings/service-options.js';

const SECRET = 'pl4nted-s3cret';
const service = { name: 'user', addr: '10.0.0.5:8080' };
const good = { endpoints: 'http://127.0.0.1:2379', services: [service] };

/** As a caller without types would: anything at all. */
function untyped(changes: object): ParsedOptions {
	const options: object = { ...good, ...changes };
	return parseOptions(options as RegistrarOptions);
}

function problemsOf(changes: object): readonly string[] {
	try {
		untyped(changes);
	} catch (error) {
		if (error instanceof ConfigError) return error.problems;
		throw error;
	}
	return [];
}

const withService = (changes: object): object => ({ services: [{ ...service, ...changes }] });

test('settings that no format of the service carries are warned of', () => {
	expect(
		untyped({
			services: [
				{ ...service, weight: 10, version: '1', metadata: { zone: 'a' } },
				{ ...service, formats: ['grpc', 'kitex'], weight: 10, version: '1' },
			],
		}).warnings,
	).toEqual([
		'services[0].weight has no effect: format address carries no weight (json, kratos, kitex, hertz, coredns do)',
		'services[0].version has no effect: format address carries no version (json, kratos, go-micro do)',
		'services[0].metadata has no effect: format address carries no metadata (json, kratos, go-micro, kitex, hertz do)',
		'services[1].version has no effect: format grpc, kitex carries no version (json, kratos, go-micro do)',
	]);
});

test('what was given is shown as it was given: numbers as numbers, texts in quotes', () => {
	expect(problemsOf({ ttlSeconds: 1.5, stopTimeoutMs: 0, onConflict: 'x' })).toEqual([
		'ttlSeconds is 1.5, expected whole seconds from 1 to 86400: for example ttlSeconds: 5',
		'onConflict is "x", expected one of take-over, wait, fail: for example onConflict: "take-over"',
		'stopTimeoutMs is 0, expected a whole number of milliseconds, more than 0, at most a day: for example stopTimeoutMs: 5000',
	]);
});

test('an address on loopback is warned of while etcd is on another host', () => {
	const onLoopback = { services: [{ ...service, addr: '127.0.0.1:80' }] };
	expect(untyped({ endpoints: 'http://10.0.0.1:2379', ...onLoopback }).warnings).toEqual([
		expect.stringMatching(/^services\[0\]\.addr is 127\.0\.0\.1:80, which only this host can reach/),
	]);
	expect(untyped({ endpoints: 'http://127.0.0.1:2379', ...onLoopback }).warnings).toEqual([]);
});

test.each([
	[
		{ namespace: 'prod', ...withService({ formats: 'hertz' }) },
		/^namespace is "prod", expected none, since clients of hertz look below/,
	],
	[
		withService({ formats: 'hertz', name: 'User' }),
		/^services\[0\]\.name is "User", expected a name in lower case.*write it like "user"/,
	],
	[{ callTimeoutMs: 6000 }, /lengthen the TTL \(ttlSeconds\)/],
	[
		{
			services: [
				{ ...service, addr: ':80' },
				{ ...service, addr: ':80' },
			],
		},
		/one key, \/ns\/user\/<host>:80/,
	],
])('%j is refused in the words of the options', (changes, sentence) => {
	const [problem, ...more] = problemsOf(changes);
	expect(problem).toMatch(sentence);
	expect(more).toEqual([]);
	expect(problem).not.toMatch(/(?:SERVICE|ETCD|REGISTRAR)_/);
});

describe('wrong options: the path, what was expected, and a mend', () => {
	const rows: [string, object, path: string, expected: string, mend: string][] = [
		['no endpoints', { endpoints: undefined }, 'endpoints', 'required', 'endpoints: "http://127.0.0.1:2379"'],
		[
			'endpoints of another kind',
			{ endpoints: 2379 },
			'endpoints',
			'a string, or an array of strings',
			'give endpoints as',
		],
		[
			'an endpoint with a path',
			{ endpoints: ['http://a/x'] },
			'endpoints',
			'without a path',
			'endpoints: "http://a"',
		],
		[
			'a user in an endpoint',
			{ endpoints: `http://r:${SECRET}@a` },
			'endpoints',
			'no user name',
			'as auth.username and auth.password',
		],
		[
			'a TTL with a part',
			{ ttlSeconds: 1.5 },
			'ttlSeconds',
			'whole seconds from 1 to 86400',
			'ttlSeconds: 5',
		],
		['a TTL as text', { ttlSeconds: '5' }, 'ttlSeconds', 'a number', 'give ttlSeconds as a number'],
		['NaN', { ttlSeconds: Number.NaN }, 'ttlSeconds', 'whole seconds', 'ttlSeconds: 5'],
		[
			'a time-out of 0',
			{ dialTimeoutMs: 0 },
			'dialTimeoutMs',
			'milliseconds, more than 0',
			'dialTimeoutMs: 15000',
		],
		['a negative time-out', { stopTimeoutMs: -1 }, 'stopTimeoutMs', 'milliseconds', 'stopTimeoutMs: 5000'],
		[
			'an endless time-out',
			{ stopTimeoutMs: Number.POSITIVE_INFINITY },
			'stopTimeoutMs',
			'at most a day',
			'stopTimeoutMs: 5000',
		],
		[
			'a call time-out above the TTL',
			{ callTimeoutMs: 6000 },
			'callTimeoutMs',
			'at most the TTL, 5 s',
			'lengthen the TTL',
		],
		[
			'an unknown policy',
			{ onConflict: 'x' },
			'onConflict',
			'take-over, wait, fail',
			'onConflict: "take-over"',
		],
		[
			'a user without a password',
			{ auth: { username: 'r' } },
			'auth.password',
			'beside auth.username',
			'or neither',
		],
		[
			'a password without a user',
			{ auth: { password: SECRET } },
			'auth.username',
			'beside auth.password',
			'or neither',
		],
		[
			'a password of another kind',
			{ auth: { username: 'r', password: 7 } },
			'auth.password',
			'a string',
			'give auth.password',
		],
		[
			'a certificate without a key',
			{ tls: { certFile: '/c' } },
			'tls.keyFile',
			'beside tls.certFile',
			'or neither',
		],
		['http beside a CA file', { tls: { caFile: '/c' } }, 'endpoints', 'tls.caFile', 'https://'],
		['an option that there is not', { ttl: 5 }, 'ttl', 'ttlSeconds', 'correct the name'],
		[
			'a logger without methods',
			{ logger: { info() {} } },
			'logger',
			'debug, info, warn and error',
			'console',
		],
		[
			'an internal option is not offered',
			{ hint: 1 },
			'hint is no option',
			'stopTimeoutMs, logger, meter:',
			'correct',
		],
		['hints of another kind', { hints: 'no' }, 'hints', 'true or false', 'true or false'],
		['services of another kind', { services: service }, 'services', 'an array', 'services: [{'],
		[
			'a service of another kind',
			{ services: [null] },
			'services[0]',
			'an object with name and addr',
			'{ name: "user"',
		],
		[
			'a service option that there is not',
			withService({ ttl: 5 }),
			'services[0].ttl',
			'metadata',
			'correct the name',
		],
		['no name', { services: [{ addr: 'a:1' }] }, 'services[0].name', 'required', 'services[0].name: "user"'],
		[
			'an empty name',
			withService({ name: '' }),
			'services[0].name',
			'empty segment',
			'services[0].name: "user"',
		],
		[
			'an address without a port',
			withService({ addr: 'a' }),
			'services[0].addr',
			'port is missing',
			'services[0].addr: "10.0.0.5:8080"',
		],
		[
			'the second service',
			{ services: [service, { name: 'x', addr: 'a:0' }] },
			'services[1].addr',
			'1 to 65535',
			'services[1].addr:',
		],
		[
			'an unknown format',
			withService({ formats: ['consul'] }),
			'services[0].formats',
			'address',
			'services[0].formats: "address"',
		],
		[
			'no format',
			withService({ formats: [] }),
			'services[0].formats',
			'one or several',
			'services[0].formats: "address"',
		],
		[
			'formats with one key',
			withService({ formats: ['address', 'json'] }),
			'services',
			'one key',
			'another name',
		],
		[
			'services with one key',
			{ services: [service, service] },
			'services',
			'services[0] (format address) and services[1] (format address)',
			'another name',
		],
		[
			'a negative weight',
			withService({ weight: -1 }),
			'services[0].weight',
			'whole number',
			'services[0].weight: 10',
		],
		[
			'a weight of another kind',
			withService({ weight: {} }),
			'services[0].weight',
			'a function',
			'give services[0].weight',
		],
		[
			'kitex weight 0',
			withService({ formats: 'kitex', weight: 0 }),
			'services[0].weight',
			'at least 1',
			'take the service out',
		],
		[
			'metadata of another kind',
			withService({ metadata: 'x' }),
			'services[0].metadata',
			'an object of strings',
			'zone',
		],
		[
			'a metadata value of another kind',
			withService({ metadata: { a: 1 } }),
			'services[0].metadata.a',
			'a string',
			'zone',
		],
		[
			'go-micro’s own metadata',
			withService({ formats: 'go-micro', metadata: { server: 'x' } }),
			'services[0].metadata.server',
			'go-micro',
			'another key',
		],
		[
			'a check of no kind',
			withService({ check: 'ping' }),
			'services[0].check',
			'exec:command',
			'services[0].check: "tcp://127.0.0.1:8080"',
		],
		[
			'a check without a target',
			withService({ check: { rise: 1 } }),
			'services[0].check.target',
			'what to check',
			'tcp://',
		],
		[
			'a check option that there is not',
			withService({ check: { target: 'tcp://a:1', interval: 1 } }),
			'services[0].check.interval',
			'intervalMs',
			'correct',
		],
		[
			'a check interval of 0',
			withService({ check: { target: 'tcp://a:1', intervalMs: 0 } }),
			'services[0].check.intervalMs',
			'more than 0',
			'intervalMs: 2000',
		],
		[
			'rise 0',
			withService({ check: { target: 'tcp://a:1', rise: 0 } }),
			'services[0].check.rise',
			'from 1',
			'services[0].check.rise: 1',
		],
		[
			'a meter that is none',
			{ meter: { createCounter() {} } },
			'meter',
			'an OpenTelemetry meter',
			'metrics.getMeter',
		],
		[
			'a share that is none',
			withService({ check: { target: 'tcp://a:1', minHealthy: 0.5 } }),
			'services[0].check.minHealthy',
			'a share from 1% to 100%',
			'services[0].check.minHealthy: "50%"',
		],
		[
			'a share of another kind',
			withService({ check: { target: 'tcp://a:1', minHealthy: true } }),
			'services[0].check.minHealthy',
			'a share like "50%"',
			'give services[0].check.minHealthy',
		],
	];
	it.each(rows)('%s', (_sentence, changes, path, expected, mend) => {
		const problems = problemsOf(changes);
		const line = problems.find((problem) => problem.startsWith(path) && problem.includes(expected));
		expect(line, problems.join('\n')).toContain(mend);
		expect(problems.join('\n')).not.toContain(SECRET);
	});
	it('all of them are told in one error', () => {
		expect(
			problemsOf({ ttlSeconds: 0, onConflict: 'x', services: [{ name: '..', addr: 'a' }] }),
		).toHaveLength(4);
	});
	it('options that are none', () => {
		const nothing: unknown = null;
		expect(() => parseOptions(nothing as RegistrarOptions)).toThrow(ConfigError);
	});
});

describe('right options', () => {
	const weight = (): number => 7;
	const rows: [string, object, object][] = [
		[
			'the defaults are the variables’',
			{},
			{
				ttlSeconds: 5,
				callTimeoutMs: 2000,
				dialTimeoutMs: 15_000,
				stopTimeoutMs: 5000,
				onConflict: 'take-over',
				hints: true,
			},
		],
		[
			'nothing else is filled in',
			{},
			{ auth: null, tls: null, logger: null, namespace: undefined, warnings: [] },
		],
		['endpoints in one text', { endpoints: 'a:1;b:2' }, { endpoints: ['http://a:1', 'http://b:2'] }],
		['endpoints in an array', { endpoints: ['a:1', 'b:2'] }, { endpoints: ['http://a:1', 'http://b:2'] }],
		['time-outs', { callTimeoutMs: 300, stopTimeoutMs: 1 }, { callTimeoutMs: 300, stopTimeoutMs: 1 }],
		['no services yet', { services: [] }, { services: [] }],
		['a namespace for all', { namespace: 'p' }, { namespace: 'p', services: [{ namespace: 'p' }] }],
		['auth', { auth: { username: 'r', password: 'x' } }, { auth: { username: 'r', password: 'x' } }],
		['a logger', { logger: console }, { logger: console }],
		['no hints', { hints: false }, { hints: false }],
		['one format', withService({ formats: 'kitex' }), { services: [{ formats: ['kitex'] }] }],
		[
			'several formats',
			withService({ formats: ['address', 'grpc'] }),
			{ services: [{ formats: ['address', 'grpc'] }] },
		],
		['a weight', withService({ weight: 3 }), { services: [{ weight: 3 }] }],
		['a weight that follows the load', withService({ weight: 'auto' }), { services: [{ weight: 'auto' }] }],
		['a weight that is asked for', withService({ weight }), { services: [{ weight }] }],
		[
			'metadata as it is written',
			withService({ metadata: { Zone__A: 'x' } }),
			{ services: [{ metadata: { Zone__A: 'x' } }] },
		],
		[
			'a check in short',
			withService({ check: 'tcp://a:1' }),
			{
				services: [
					{ check: { kind: 'tcp', host: 'a', port: 1, intervalMs: 2000, timeoutMs: 1000, rise: 1, fall: 3 } },
				],
			},
		],
		[
			'a check with its timing',
			withService({ check: { target: 'exec:true', intervalMs: 100, timeoutMs: 50, rise: 2, fall: 1 } }),
			{
				services: [
					{ check: { kind: 'exec', command: 'true', intervalMs: 100, timeoutMs: 50, rise: 2, fall: 1 } },
				],
			},
		],
		[
			'a check that leaves a share of the instances in',
			withService({ check: { target: 'exec:true', minHealthy: '50%' } }),
			{ services: [{ check: { minHealthy: { value: 50, unit: 'percent' } } }] },
		],
		[
			'a check that leaves a number of instances in',
			withService({ check: { target: 'exec:true', minHealthy: 2 } }),
			{ services: [{ check: { minHealthy: { value: 2, unit: 'instances' } } }] },
		],
		['a wildcard', withService({ addr: ':80' }), { services: [{ addr: ':80' }] }],
	];
	it.each(rows)('%s', (_sentence, changes, parsed) => expect(untyped(changes)).toMatchObject(parsed));

	it('one service alone', () => {
		expect(parseService({ name: 'a', addr: 'b:1' }, 'p')).toMatchObject({
			name: 'a',
			addr: 'b:1',
			namespace: 'p',
			formats: ['address'],
		});
		expect(() => parseService({ name: 'a', addr: 'b' }, undefined, 'add')).toThrow(/^add\.addr /);
	});
});
