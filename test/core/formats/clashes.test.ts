import { describe, expect, it } from 'vitest';
import { type Claim, clashes } from '../../../src/core/formats/clashes.js';
import type { FormatName } from '../../../src/core/formats/index.js';

function claim(
	label: string,
	format: FormatName,
	name = 'user',
	addr = '10.0.0.5:8080',
	namespace?: string,
): Claim {
	return { label, format, namespace, service: { name, addr, protocol: 'grpc', metadata: {} } };
}

describe('two that meet are refused, both named', () => {
	const rows: [string, Claim, Claim, string][] = [
		['address and json have one key', claim('one', 'address'), claim('two', 'json'), 'one key'],
		['two labels of one service have one key', claim('one', 'address'), claim('two', 'address'), 'one key'],
		['grpc and go-zero read each other', claim('one', 'grpc'), claim('two', 'go-zero'), 'below user/'],
		[
			'address reads a json node of another address',
			claim('one', 'address'),
			claim('two', 'json', 'user', '10.0.0.6:1'),
			'below /ns/user/',
		],
		['a name below another', claim('one', 'grpc', 'a'), claim('two', 'grpc', 'a/b'), 'below a/'],
		[
			'go-micro names that differ by a slash',
			claim('one', 'go-micro', 'a/b'),
			claim('two', 'go-micro', 'a-b', '10.0.0.6:1'),
			'below /micro/registry/a-b/',
		],
		[
			'a plain value below kratos’ prefix fails kratos’ look-up',
			claim('one', 'kratos'),
			claim('two', 'address', 'user2', '10.0.0.5:1', 'microservices'),
			'below /microservices/user,',
		],
		[
			'coredns names in two cases',
			claim('one', 'coredns', 'User.org'),
			claim('two', 'coredns', 'user.org'),
			'one key',
		],
		[
			'a coredns name below another',
			claim('one', 'coredns', 'example.org'),
			claim('two', 'coredns', 'user.example.org'),
			'below /skydns/org/example/,',
		],
		[
			'kitex and grpc in one namespace',
			claim('one', 'kitex', 'user', '10.0.0.5:1', 'x'),
			claim('two', 'grpc', 'user', '10.0.0.6:1', 'x'),
			'below x/user/',
		],
	];
	it.each(rows)('%s', (_sentence, one, other, why) => {
		for (const pair of [
			[one, other],
			[other, one],
		]) {
			const found = clashes(pair);
			expect(found).toHaveLength(1);
			expect(found[0]).toContain('one');
			expect(found[0]).toContain('two');
			expect(found[0]).toContain(why);
		}
	});
});

describe('two that do not meet', () => {
	const rows: [string, Claim, Claim][] = [
		[
			'two instances of one service',
			claim('one', 'address'),
			claim('two', 'address', 'user', '10.0.0.6:8080'),
		],
		['names that begin alike', claim('one', 'grpc', 'user'), claim('two', 'grpc', 'user2')],
		[
			'kratos names that begin alike, since its readers filter by name',
			claim('one', 'kratos', 'user'),
			claim('two', 'kratos', 'user2'),
		],
		['one service in formats of different places', claim('one', 'address'), claim('two', 'grpc')],
		['kitex and hertz', claim('one', 'kitex'), claim('two', 'hertz')],
		[
			'one service in two namespaces',
			claim('one', 'address'),
			claim('two', 'json', 'user', '10.0.0.5:8080', 'other'),
		],
	];
	it.each(rows)('%s', (_sentence, one, other) => {
		expect(clashes([one, other])).toEqual([]);
	});
});

it('ten thousand instances take no longer than their keys are long', () => {
	const many = Array.from({ length: 10_000 }, (_, index) =>
		claim(`s${index}`, 'address', `user${index % 100}`, `10.0.${index >> 8}.${index & 255}:80`),
	);
	expect(clashes(many)).toEqual([]);
});
