import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
	FORMAT_NAMES,
	FORMATS,
	type Format,
	type FormatName,
	render,
} from '../../../src/core/formats/index.js';
import type { Service } from '../../../src/core/registration.js';

const user: Service = {
	name: 'user',
	addr: '10.0.0.5:8080',
	protocol: 'grpc',
	id: 'user-1',
	version: 'v1.0.0',
	weight: 10,
	metadata: {},
};
const dns: Service = { ...user, name: 'user.prod.example.org' };
const bare: Service = { name: 'user', addr: '10.0.0.5:8080', protocol: 'grpc', metadata: {} };
const v6: Service = { ...user, addr: '[2001:db8::5]:8080' };

type Row = [
	sentence: string,
	format: FormatName,
	service: Service,
	namespace: string | undefined,
	key: string,
	value: string,
];

const CLOUDWEGO = '{"network":"tcp","address":"10.0.0.5:8080","weight":10,"tags":null}';
const rows: Row[] = [
	['address writes the address plain', 'address', user, undefined, '/ns/user/10.0.0.5:8080', '10.0.0.5:8080'],
	['address takes a namespace', 'address', user, 'prod', '/prod/user/10.0.0.5:8080', '10.0.0.5:8080'],
	[
		'address keeps brackets around IPv6',
		'address',
		v6,
		undefined,
		'/ns/user/[2001:db8::5]:8080',
		'[2001:db8::5]:8080',
	],
	[
		'address keeps a slash in the name',
		'address',
		{ ...user, name: 'a/b' },
		undefined,
		'/ns/a/b/10.0.0.5:8080',
		'10.0.0.5:8080',
	],
	[
		'json writes the node below the key of address',
		'json',
		user,
		undefined,
		'/ns/user/10.0.0.5:8080',
		'{"name":"user","addr":"10.0.0.5:8080","id":"user-1","version":"v1.0.0","weight":10,"metadata":{}}',
	],
	[
		'json has weight 100 and a made id where none is given',
		'json',
		bare,
		undefined,
		'/ns/user/10.0.0.5:8080',
		'{"name":"user","addr":"10.0.0.5:8080","id":"user-10-0-0-5-8080","version":"","weight":100,"metadata":{}}',
	],
	[
		'grpc has no slash in front',
		'grpc',
		user,
		undefined,
		'user/10.0.0.5:8080',
		'{"Op":0,"Addr":"10.0.0.5:8080","Metadata":null}',
	],
	[
		'grpc writes no metadata whatever is set',
		'grpc',
		{ ...user, metadata: { a: 'b' } },
		undefined,
		'user/10.0.0.5:8080',
		'{"Op":0,"Addr":"10.0.0.5:8080","Metadata":null}',
	],
	[
		'grpc takes a namespace without a slash in front',
		'grpc',
		user,
		'prod',
		'prod/user/10.0.0.5:8080',
		'{"Op":0,"Addr":"10.0.0.5:8080","Metadata":null}',
	],
	[
		'kratos keeps the weight in its metadata',
		'kratos',
		user,
		undefined,
		'/microservices/user/user-1',
		'{"id":"user-1","name":"user","version":"v1.0.0","metadata":{"weight":"10"},"endpoints":["grpc://10.0.0.5:8080"]}',
	],
	[
		'kratos leaves the weight out where none is given, and takes the scheme from the protocol',
		'kratos',
		{ ...bare, protocol: 'https', metadata: { zone: 'a' } },
		'x',
		'/x/user/user-10-0-0-5-8080',
		'{"id":"user-10-0-0-5-8080","name":"user","version":"","metadata":{"zone":"a"},"endpoints":["https://10.0.0.5:8080"]}',
	],
	[
		'go-zero writes the address plain, below the id that was given and the address',
		'go-zero',
		user,
		undefined,
		'user/user-1/10.0.0.5:8080',
		'10.0.0.5:8080',
	],
	['go-zero keeps brackets', 'go-zero', v6, 'p', 'p/user/user-1/[2001:db8::5]:8080', '[2001:db8::5]:8080'],
	[
		'go-zero makes an id of name and address',
		'go-zero',
		bare,
		undefined,
		'user/user-10-0-0-5-8080',
		'10.0.0.5:8080',
	],
	[
		'go-micro writes one node',
		'go-micro',
		user,
		undefined,
		'/micro/registry/user/user-1',
		'{"name":"user","version":"v1.0.0","metadata":null,"endpoints":[],"nodes":[{"metadata":{"protocol":"grpc","registry":"etcd","server":"grpc","transport":"grpc"},"id":"user-1","address":"10.0.0.5:8080"}]}',
	],
	[
		'go-micro turns slashes into hyphens in the key only, and has version latest',
		'go-micro',
		{ ...bare, name: 'a/b', id: 'c/d', protocol: 'http', metadata: { zone: 'a', alpha: 'b' } },
		undefined,
		'/micro/registry/a-b/c-d',
		'{"name":"a/b","version":"latest","metadata":null,"endpoints":[],"nodes":[{"metadata":{"alpha":"b","protocol":"http","registry":"etcd","server":"http","transport":"http","zone":"a"},"id":"c/d","address":"10.0.0.5:8080"}]}',
	],
	[
		'kitex has no slash in front',
		'kitex',
		user,
		undefined,
		'kitex/registry-etcd/user/10.0.0.5:8080',
		CLOUDWEGO,
	],
	[
		'kitex has weight 10 where none is given',
		'kitex',
		bare,
		undefined,
		'kitex/registry-etcd/user/10.0.0.5:8080',
		CLOUDWEGO,
	],
	[
		'kitex writes metadata as tags, keys sorted',
		'kitex',
		{ ...user, metadata: { b: '2', a: '1' } },
		'x/y',
		'x/y/user/10.0.0.5:8080',
		'{"network":"tcp","address":"10.0.0.5:8080","weight":10,"tags":{"a":"1","b":"2"}}',
	],
	[
		'hertz is kitex below its own namespace',
		'hertz',
		user,
		undefined,
		'hertz/registry-etcd/user/10.0.0.5:8080',
		CLOUDWEGO,
	],
	[
		'coredns reverses the labels',
		'coredns',
		dns,
		undefined,
		'/skydns/org/example/prod/user/user-1',
		'{"host":"10.0.0.5","port":8080,"priority":10,"weight":10,"ttl":5}',
	],
	[
		'coredns writes lower case, IPv6 without brackets, and no weight where none is given',
		'coredns',
		{ ...bare, name: 'User.Example.ORG', addr: '[2001:db8::5]:53' },
		undefined,
		'/skydns/org/example/user/user-example-org--2001-db8--5--53',
		'{"host":"2001:db8::5","port":53,"priority":10,"ttl":5}',
	],
];

describe('the bytes of each format', () => {
	it.each(rows)('%s', (_sentence, format, service, namespace, key, value) => {
		expect(render(service, format, { namespace, ttlSeconds: 5 })).toMatchObject({ key, value });
	});

	it('every format has a row', () => {
		expect(new Set(rows.map(([, format]) => format))).toEqual(new Set(FORMAT_NAMES));
	});
});

describe('where the fleet stands', () => {
	const prefixes: [FormatName, string | undefined, string][] = [
		['address', undefined, '/ns/'],
		['json', 'prod', '/prod/'],
		['grpc', undefined, 'user/'],
		['grpc', 'prod', 'prod/'],
		['kratos', undefined, '/microservices/'],
		['go-zero', undefined, 'user/'],
		['go-micro', undefined, '/micro/registry/'],
		['kitex', undefined, 'kitex/registry-etcd/'],
		['hertz', undefined, 'hertz/registry-etcd/'],
		['coredns', undefined, '/skydns/'],
	];
	it.each(prefixes)('%s with namespace %s is counted below %s', (format, namespace, prefix) => {
		const entry = render(user, format, { namespace, ttlSeconds: 5 });
		expect(entry.fleetPrefix).toBe(prefix);
		expect(entry.key.startsWith(prefix)).toBe(true);
	});
});

describe('a part of the weight', () => {
	const parts: [string, FormatName, Service, number, number | string | undefined][] = [
		['json without a weight: of 100', 'json', bare, 35, 35],
		['json with weight 10: of that', 'json', user, 35, 4],
		['kitex without a weight: of its readers’ 10', 'kitex', bare, 35, 4],
		['never 0', 'kitex', bare, 1, 1],
		['coredns: of 100', 'coredns', { ...bare, name: 'user.org' }, 80, 80],
	];
	it.each(parts)('%s', (_sentence, format, service, weightPercent, weight) => {
		expect(JSON.parse(render(service, format, { ttlSeconds: 5, weightPercent }).value)).toMatchObject({
			weight,
		});
	});
	it('kratos: of 100, as text', () => {
		expect(JSON.parse(render(bare, 'kratos', { ttlSeconds: 5, weightPercent: 20 }).value)).toMatchObject({
			metadata: { weight: '20' },
		});
	});
	it('a format without weights is left as it is', () => {
		expect(render(bare, 'address', { ttlSeconds: 5, weightPercent: 20 })).toEqual(
			render(bare, 'address', { ttlSeconds: 5 }),
		);
	});
});

describe('what a format cannot carry', () => {
	const long = 'x'.repeat(64);
	const refused: [string, FormatName, Partial<Service>, field: string][] = [
		['a kitex name with a slash', 'kitex', { name: 'a/b' }, 'name'],
		['a hertz name with a slash', 'hertz', { name: 'a/b' }, 'name'],
		['a hertz name in upper case', 'hertz', { name: 'User' }, 'name'],
		['a hertz name with a user in it', 'hertz', { name: 'a@b' }, 'name'],
		['kitex weight 0, read as 10', 'kitex', { weight: 0 }, 'weight'],
		['hertz weight 0, read as 10', 'hertz', { weight: 0 }, 'weight'],
		['a kratos id with a slash', 'kratos', { id: 'a/b' }, 'id'],
		['a kratos name with a slash', 'kratos', { name: 'a/b' }, 'name'],
		['a weight in kratos’ metadata beside a weight', 'kratos', { metadata: { weight: '3' } }, 'metadata'],
		['a go-zero id with a slash', 'go-zero', { id: 'a/b' }, 'id'],
		['metadata that go-micro writes itself', 'go-micro', { metadata: { protocol: 'mucp' } }, 'metadata'],
		['a coredns name that is no DNS name', 'coredns', { name: 'user service' }, 'name'],
		['a coredns name with an empty label', 'coredns', { name: 'user..org' }, 'name'],
		['a coredns name with a dot at the end', 'coredns', { name: 'user.org.' }, 'name'],
		['a coredns name with a long label', 'coredns', { name: `${long}.org` }, 'name'],
		['a coredns name with a slash', 'coredns', { name: 'a/b' }, 'name'],
		['a coredns id with a dot', 'coredns', { id: 'a.b' }, 'id'],
		['a coredns id with a slash', 'coredns', { id: 'a/b' }, 'id'],
		['coredns weight 0, read as 100', 'coredns', { weight: 0 }, 'weight'],
	];
	it.each(refused)('%s', (_sentence, format, changes, field) => {
		const rules: Format = FORMATS[format];
		const base = format === 'coredns' ? dns : user;
		expect(rules.problems(base)).toEqual([]);
		expect(rules.problems({ ...base, ...changes }).map((problem) => problem.field)).toEqual([field]);
	});
	const elsewhere: [FormatName, namespace: string, problems: number][] = [
		['hertz', 'prod', 1],
		['hertz', 'hertz/registry-etcd', 0],
		['go-micro', 'prod', 1],
		['go-micro', 'micro/registry', 0],
		['kitex', 'prod', 0],
		['address', 'prod', 0],
	];
	it.each(elsewhere)('%s below %s, where its clients may not look', (format, namespace, problems) => {
		const found = (FORMATS[format] as Format).problems(user, namespace);
		expect(found).toHaveLength(problems);
		for (const { field, expected } of found) {
			expect(field).toBe('namespace');
			expect(expected).toContain(`clients of ${format} look below`);
		}
	});
	it('a made coredns leaf that is too long asks for an id', () => {
		const { id: _id, ...rest } = dns;
		const problems = FORMATS.coredns.problems({ ...rest, name: `${'a.'.repeat(40)}org` });
		expect(problems).toMatchObject([{ field: 'id', expected: expect.stringContaining('at most 63') }]);
	});
	it.each(FORMAT_NAMES)('%s carries what it says it carries, and nothing else', (name) => {
		const { usualWeight, carries }: Format = FORMATS[name];
		const changes = { weight: 20, version: 'v2', metadata: { zone: 'a' } };
		const written = (service: Service) => JSON.stringify(render(service, name, { ttlSeconds: 5 }));
		const carried = (['weight', 'version', 'metadata'] as const).filter(
			(field) => written({ ...dns, [field]: changes[field] }) !== written(dns),
		);
		expect(carried).toEqual([...(usualWeight === null ? [] : ['weight']), ...carries]);
	});
	const carried: [string, FormatName, Partial<Service>][] = [
		['a kitex name in upper case', 'kitex', { name: 'User' }],
		['an address id with a slash, which is not written', 'address', { id: 'a/b' }],
		['a go-micro id with a slash', 'go-micro', { id: 'a/b' }],
		['a grpc name with a slash', 'grpc', { name: 'a/b' }],
		['a go-zero name with a slash', 'go-zero', { name: 'a/b' }],
		['a coredns name with underscores', 'coredns', { name: '_grpc._tcp.example.org' }],
	];
	it.each(carried)('but it carries %s', (_sentence, format, changes) => {
		const rules: Format = FORMATS[format];
		expect(rules.problems({ ...(format === 'coredns' ? dns : user), ...changes })).toEqual([]);
	});
});

it('each format has a file of its own', () => {
	const files = readdirSync(new URL('../../../src/core/formats/wire', import.meta.url));
	expect(files.toSorted()).toEqual(FORMAT_NAMES.map((name) => `${name}.ts`).toSorted());
});
