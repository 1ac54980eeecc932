/**
 * Each format read back as its own discovery clients read it. Written from the frameworks' descriptions, not
 * from our encoders: a reader ranges its prefix, parses each value by its own rules, and says what it would
 * balance over.
 */
import { describe, expect, it } from 'vitest';
import { FORMAT_NAMES, type FormatName, render } from '../../../src/core/formats/index.js';
import type { Service } from '../../../src/core/registration.js';

interface Found {
	readonly name?: unknown;
	readonly addr: string;
	readonly weight?: number;
	readonly meta?: unknown;
}
type Etcd = ReadonlyMap<string, string>;
type Reader = (etcd: Etcd, name: string) => Found[];

function range(etcd: Etcd, prefix: string): [key: string, value: string][] {
	return [...etcd].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
}
const object = (text: string): Record<string, unknown> => {
	const value: unknown = JSON.parse(text);
	if (typeof value !== 'object' || value === null) throw new TypeError('no object');
	return Object.fromEntries(Object.entries(value));
};

const cloudWeGo =
	(namespace: string): Reader =>
	(etcd, name) =>
		range(etcd, `${namespace}/${name}/`).map(([, value]) => {
			const info = object(value);
			if (info.network !== 'tcp') throw new Error('network');
			return {
				addr: String(info.address),
				weight: Number(info.weight) > 0 ? Number(info.weight) : 10,
				meta: info.tags,
			};
		});

const readers: Record<FormatName, Reader> = {
	address: (etcd, name) => range(etcd, `/ns/${name}/`).map(([, value]) => ({ addr: value })),
	json: (etcd, name) =>
		range(etcd, `/ns/${name}/`).map(([, value]) => {
			const node = object(value);
			return { name: node.name, addr: String(node.addr), weight: Number(node.weight), meta: node.metadata };
		}),
	grpc: (etcd, name) =>
		range(etcd, `${name}/`).map(([, value]) => {
			const update = object(value);
			if (update.Metadata !== null) throw new Error('hash of unhashable type');
			return { addr: String(update.Addr) };
		}),
	// A serverless prefix, the name compared after parsing; the endpoint whose scheme fits, as a URL; weight as
	// a decimal text.
	kratos: (etcd, name) =>
		range(etcd, `/microservices/${name}`)
			.map(([, value]) => object(value))
			.filter((instance) => instance.name === name)
			.map((instance) => {
				const endpoints = Array.isArray(instance.endpoints) ? instance.endpoints.map(String) : [];
				const endpoint = endpoints.find((text) => new URL(text).protocol === 'grpc:') ?? '';
				const { weight, ...meta } = object(JSON.stringify(instance.metadata));
				return {
					name: instance.name,
					addr: endpoint.slice('grpc://'.length),
					...(typeof weight === 'string' ? { weight: Number.parseInt(weight, 10) } : {}),
					meta,
				};
			}),
	'go-zero': (etcd, name) => range(etcd, `${name}/`).map(([, value]) => ({ addr: value })),
	'go-micro': (etcd, name) =>
		range(etcd, `/micro/registry/${name.replaceAll('/', '-')}/`).map(([, value]) => {
			const service = object(value);
			const nodes: unknown = service.nodes;
			if (!Array.isArray(nodes) || nodes.length !== 1) throw new Error('not one node');
			const node = object(JSON.stringify(nodes[0]));
			const {
				protocol,
				registry: _registry,
				server: _server,
				transport: _transport,
				...meta
			} = object(JSON.stringify(node.metadata));
			if (protocol !== 'grpc') throw new Error('falls back to legacy codecs');
			return { name: service.name, addr: String(node.address), meta };
		}),
	kitex: cloudWeGo('kitex/registry-etcd'),
	hertz: cloudWeGo('hertz/registry-etcd'),
	// The question in lower case, its labels reversed; host and port apart; an IPv6 host makes an AAAA only
	// without brackets.
	coredns: (etcd, name) =>
		range(etcd, `/skydns/${name.toLowerCase().split('.').reverse().join('/')}/`).map(([key, value]) => {
			const record = object(value);
			const host = String(record.host);
			if (
				!/^[a-z0-9_/-]+$/.test(key) ||
				host.startsWith('[') ||
				typeof record.ttl !== 'number' ||
				'targetstrip' in record
			)
				throw new Error('SERVFAIL');
			return {
				addr: host.includes(':') ? `[${host}]:${record.port}` : `${host}:${record.port}`,
				weight: typeof record.weight === 'number' ? record.weight : 100,
			};
		}),
};

const slashes: readonly FormatName[] = ['address', 'json', 'grpc', 'go-zero', 'go-micro'];
const weighted: readonly FormatName[] = ['json', 'kratos', 'kitex', 'hertz', 'coredns'];
const carriesMeta: readonly FormatName[] = ['json', 'kratos', 'go-micro', 'kitex', 'hertz'];

function instances(name: string): Service[] {
	const metadata = { 'zone.a': 'Zürich "1" <ß> 🚀', b: '' };
	return [
		{ name, addr: '10.0.0.5:8080', protocol: 'grpc', id: 'i1', version: 'v1', weight: 7, metadata },
		{ name, addr: '[2001:db8::5]:443', protocol: 'grpc', weight: 30, metadata: {} },
		{ name, addr: 'node-3.example.org:1', protocol: 'grpc', metadata: { k: 'v' } },
	];
}

describe.each(FORMAT_NAMES)('a %s reader', (format) => {
	const names =
		format === 'coredns'
			? ['user.prod.example.org', '_x._tcp.User.org']
			: ['user', 'bücher.服务', 'a b', ...(slashes.includes(format) ? ['team/user'] : [])];

	it.each(names)('finds all instances of %s and no other', (name) => {
		const neighbour = format === 'coredns' ? 'other.example.net' : `${name}2`;
		const services = [...instances(name), ...instances(neighbour)];
		const etcd = new Map(
			services
				.map((service) => render(service, format, { ttlSeconds: 5 }))
				.map(({ key, value }) => [key, value]),
		);
		expect(etcd.size).toBe(services.length);
		const found = readers[format](etcd, name);
		expect(found.map(({ addr }) => addr).sort()).toEqual(
			instances(name)
				.map(({ addr }) => addr)
				.sort(),
		);
		for (const service of instances(name)) {
			const one = found.find(({ addr }) => addr === service.addr);
			if (one?.name !== undefined) expect(one.name).toBe(name);
			if (weighted.includes(format) && service.weight !== undefined) expect(one?.weight).toBe(service.weight);
			if (carriesMeta.includes(format)) expect(one?.meta ?? {}).toEqual(service.metadata);
		}
	});
});
