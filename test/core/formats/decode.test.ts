/**
 * Each format read by its own decoder: what we write, what others write, and what nobody should have written.
 */
import { describe, expect, it } from 'vitest';
import {
	decode,
	FORMAT_NAMES,
	FORMATS,
	type FormatName,
	type Instance,
	instancesPrefix,
	render,
} from '../../../src/core/formats/index.js';
import type { Service } from '../../../src/core/registration.js';

const full: Service = {
	name: 'user.prod',
	addr: '10.0.0.5:8080',
	protocol: 'http',
	id: 'user-1',
	version: 'v1.0.0',
	weight: 7,
	metadata: { zone: 'a', __proto__x: 'b' },
};
const bare: Service = { name: 'user.prod', addr: '[2001:db8::5]:53', protocol: 'grpc', metadata: {} };
const nameOf = (format: FormatName): string => (format === 'coredns' ? 'user.example.org' : 'user.prod');

function roundTrip(service: Service, format: FormatName, namespace?: string): Instance {
	const named = { ...service, name: nameOf(format) };
	const { key, value } = render(named, format, { namespace, ttlSeconds: 5 });
	const found = decode({ format, name: named.name, namespace }, key, Buffer.from(value));
	if (!('instance' in found)) throw new Error(found.reason);
	expect(found.instance.key).toBe(key);
	return found.instance;
}

type Told = Partial<Instance>;
const ALL: Told = { id: 'user-1', weight: 7, version: 'v1.0.0', metadata: full.metadata };
const rows: Record<FormatName, { readonly full: Told; readonly bare: Told }> = {
	address: { full: { id: '10.0.0.5:8080', weight: 100, version: null, metadata: {} }, bare: { weight: 100 } },
	json: { full: ALL, bare: { id: 'user-prod--2001-db8--5--53', weight: 100, version: null } },
	grpc: { full: { id: '10.0.0.5:8080', weight: 100, version: null, metadata: {} }, bare: { weight: 100 } },
	kratos: {
		full: { ...ALL, protocol: 'http' },
		bare: { protocol: 'grpc', weight: 100, version: null, metadata: {} },
	},
	'go-zero': {
		full: { id: 'user-1', weight: 100, version: null },
		bare: { id: 'user-prod--2001-db8--5--53' },
	},
	'go-micro': {
		full: { ...ALL, protocol: 'http', weight: 100 },
		bare: { protocol: 'grpc', version: 'latest', metadata: {} },
	},
	kitex: { full: { ...ALL, id: '10.0.0.5:8080', version: null }, bare: { weight: 10, metadata: {} } },
	hertz: { full: { ...ALL, id: '10.0.0.5:8080', version: null }, bare: { weight: 10, metadata: {} } },
	coredns: { full: { id: 'user-1', weight: 7, version: null, metadata: {} }, bare: { weight: 100 } },
};

describe.each(FORMAT_NAMES)('%s', (format) => {
	it('reads back what it writes', () => {
		expect(roundTrip(full, format)).toMatchObject({
			addr: '10.0.0.5:8080',
			host: '10.0.0.5',
			port: 8080,
			...rows[format].full,
		});
		expect(roundTrip(bare, format, 'x')).toMatchObject({
			addr: bare.addr,
			host: '2001:db8::5',
			port: 53,
			...rows[format].bare,
		});
	});

	it('hands out what nobody can change', () => {
		const instance = roundTrip(full, format);
		expect(Object.isFrozen(instance) && Object.isFrozen(instance.metadata)).toBe(true);
	});

	it('reads below a prefix that ends with a slash, so that no other service begins with it', () => {
		expect(instancesPrefix({ format, name: nameOf(format) })).toMatch(/[^/]\/$/);
	});

	const wanted = { format, name: nameOf(format) };
	const key = `${instancesPrefix(wanted)}x`;
	const good = render({ ...full, name: nameOf(format) }, format, { ttlSeconds: 5 }).value;

	/** JSON of every kind where another kind is expected. */
	const KINDS = ['null', 'true', '0', '""', '"x"', '[]', '[[]]', '{}', '{"addr":{}}', '1e999'];
	const hostile: [string, string | Uint8Array][] = [
		['an empty value', ''],
		['bytes that are no UTF-8', Uint8Array.from([0xff, 0xfe, 0x00, 0x80])],
		['half a character', Buffer.from('ü').subarray(0, 1)],
		['a NUL', '10.0.0.5:8080\0'],
		['a line break', '10.0.0.5:8080\n'],
		['a byte order mark', `\ufeff${good}`],
		['cut JSON', '{"addr":"10.0.0.5:8080"'],
		['deep JSON', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
		['deep objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
		['a huge value', 'x'.repeat(1_500_000)],
		['a huge number of fields', `{${Array.from({ length: 5_000 }, (_, n) => `"k${n}":1`).join()}}`],
		['a wildcard', '0.0.0.0:80'],
		['IPv6 without brackets', '2001:db8::5:80'],
		['a port beyond all ports', '10.0.0.5:65536'],
		['port 0', '10.0.0.5:0'],
		['a URL', 'http://10.0.0.5:80/'],
		['a prototype', '{"__proto__":{"addr":"10.0.0.5:80","Addr":"10.0.0.5:80","address":"10.0.0.5:80"}}'],
		['a constructor', '{"constructor":{"prototype":{"addr":"1.1.1.1:1"}}}'],
		...KINDS.map((text): [string, string] => [`the JSON ${text}`, text]),
	];
	it.each(hostile)('leaves out %s, with a reason', (_sentence, value) => {
		const found = decode(wanted, key, Buffer.from(value));
		expect(found).toEqual({ reason: expect.stringMatching(/^it(s| ) ?\w+/) });
	});

	it('leaves out what is too large to be read, and keys that are no UTF-8', () => {
		expect(decode(wanted, key, null)).toHaveProperty('reason');
		expect(decode(wanted, `${key}\ufffd`, Buffer.from(good))).toHaveProperty('reason');
	});

	it('takes every kind of JSON in every field of its value without throwing', () => {
		if (!good.startsWith('{')) return;
		const fields = JSON.parse(good) as Record<string, unknown>;
		for (const field of Object.keys(fields))
			for (const kind of [null, true, -1, 1e308, '', 'x', [], [null], {}, { a: { b: [] } }, [{}]]) {
				const found = decode(wanted, key, Buffer.from(JSON.stringify({ ...fields, [field]: kind })));
				if ('instance' in found) {
					expect(found.instance.weight).toBeGreaterThanOrEqual(0);
					expect(typeof found.instance.id).toBe('string');
					expect(Object.values(found.instance.metadata).every((text) => typeof text === 'string')).toBe(true);
				}
			}
		for (const field of Object.keys(fields)) {
			const { [field]: _gone, ...rest } = fields;
			expect(() => decode(wanted, key, Buffer.from(JSON.stringify(rest)))).not.toThrow();
		}
	});
});

it('there is a row for every format', () => {
	expect(Object.keys(rows).toSorted()).toEqual(FORMAT_NAMES.toSorted());
});

describe('what others write', () => {
	const others: [string, FormatName, key: string, value: string, Told][] = [
		[
			"etcd's Go client with metadata",
			'grpc',
			'user/whatever',
			'{"Op":0,"Addr":"10.0.0.5:8080","Metadata":{"zone":"a","weight":5,"deep":{"x":1}}}',
			{ id: 'whatever', addr: '10.0.0.5:8080', metadata: { zone: 'a', weight: '5' } },
		],
		[
			"etcd's Go client with metadata that is no object",
			'grpc',
			'user/1',
			'{"Op":0,"Addr":"db.internal:1","Metadata":"blue"}',
			{ host: 'db.internal', port: 1, metadata: {} },
		],
		['a host name', 'address', '/ns/user/1', 'node-7.internal:8080', { host: 'node-7.internal', id: '1' }],
		[
			'go-zero below a lease id',
			'go-zero',
			'user/7587862094561083',
			'10.0.0.5:80',
			{ id: '7587862094561083' },
		],
		['go-zero below id and address', 'go-zero', 'user/user-1/10.0.0.5:80', '10.0.0.5:80', { id: 'user-1' }],
		[
			'kitex weight 0, which its readers take for 10',
			'kitex',
			'kitex/registry-etcd/user/1.1.1.1:1',
			'{"network":"tcp","address":"1.1.1.1:1","weight":0,"tags":null}',
			{ weight: 10 },
		],
		[
			'kratos with several endpoints: the first',
			'kratos',
			'/microservices/user/1',
			'{"id":"1","name":"user","version":"","metadata":null,"endpoints":["http://1.1.1.1:1?isSecure=false","grpc://1.1.1.1:2"]}',
			{ protocol: 'http', addr: '1.1.1.1:1', version: null },
		],
		[
			'a node with fields that nobody knows',
			'json',
			'/ns/user/1',
			'{"name":"user","addr":"1.1.1.1:1","cpu":0.5,"metadata":{"__proto__":"x"}}',
			{ addr: '1.1.1.1:1', weight: 100 },
		],
		['a weight of 0', 'json', '/ns/user/1', '{"addr":"1.1.1.1:1","weight":0}', { weight: 0 }],
	];
	it.each(others)('%s', (_sentence, format, key, value, told) => {
		const found = decode({ format, name: 'user' }, key, Buffer.from(value));
		expect(found).toMatchObject({ instance: told });
	});

	it('metadata named like a property of every object is metadata and nothing else', () => {
		const value = '{"addr":"1.1.1.1:1","metadata":{"__proto__":"x","constructor":"y"}}';
		const found = decode({ format: 'json', name: 'user' }, '/ns/user/1', Buffer.from(value));
		if (!('instance' in found)) throw new Error(found.reason);
		expect(Object.entries(found.instance.metadata)).toEqual([
			['__proto__', 'x'],
			['constructor', 'y'],
		]);
		expect(Object.getPrototypeOf(found.instance.metadata)).toBe(Object.prototype);
	});

	it.each(['kratos', 'go-micro'] as const)('%s: an instance of another service is left out', (format) => {
		const { value } = render({ ...full, name: 'other' }, format, { ttlSeconds: 5 });
		expect(
			decode({ format, name: 'user' }, FORMATS[format].key(full, undefined), Buffer.from(value)),
		).toEqual({
			reason: 'it names another service',
		});
	});
});
