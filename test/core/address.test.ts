import { describe, expect, it } from 'vitest';
import { formatAddress, hostKind, parseAddress, parseHost, parseTarget } from '../../src/core/address.js';

describe('an address is read', () => {
	const rows: [string, string, number, string | null][] = [
		['10.0.0.5:8080', '10.0.0.5', 8080, null],
		['127.0.0.1:1', '127.0.0.1', 1, null],
		['user.prod:65535', 'user.prod', 65535, null],
		['my_host-1:80', 'my_host-1', 80, null],
		['[2001:db8::5]:443', '2001:db8::5', 443, null],
		['[::1]:443', '::1', 443, null],
		['[::ffff:10.0.0.1]:443', '::ffff:10.0.0.1', 443, null],
		[':8080', '', 8080, 'any'],
		['0.0.0.0:8080', '0.0.0.0', 8080, 'v4'],
		['[::]:8080', '::', 8080, 'v6'],
		['[0:0:0:0:0:0:0:0]:8080', '0:0:0:0:0:0:0:0', 8080, 'v6'],
	];
	it.each(rows)('%s', (text, host, port, wildcard) => {
		expect(parseAddress(text)).toEqual({ value: { host, port, wildcard } });
		if (host !== '') expect(formatAddress(host, port)).toBe(text);
	});
});

describe('an address is refused, with what was expected', () => {
	const rows: [string, string][] = [
		['10.0.0.5:0', '1 to 65535'],
		['10.0.0.5:70000', '1 to 65535'],
		['10.0.0.5:', '1 to 65535'],
		['10.0.0.5:http', '1 to 65535'],
		['10.0.0.5:-1', '1 to 65535'],
		['10.0.0.5:08080', 'leading zeros'],
		['10.0.0.5', 'port is missing'],
		['user', 'port is missing'],
		['8080', 'port is missing'],
		['', 'port is missing'],
		['2001:db8::5', 'brackets'],
		['::1', 'brackets'],
		['[2001:db8::5]', 'port is missing'],
		['[2001:db8::zz]:80', 'IPv6'],
		['[fe80::1%eth0]:80', 'zone'],
		['[10.0.0.5]:80', 'IPv6'],
		['10.0.0.5:80/path', 'path'],
		['http://10.0.0.5:80', 'scheme'],
		['10.0.0.5 :80', 'spaces'],
		[' 10.0.0.5:80', 'spaces'],
		['10.0.0.5:80\n', 'spaces'],
		['root@10.0.0.5:80', 'user name'],
		['256.1.1.1:80', 'IPv4'],
		['10.0.5:80', 'IPv4'],
		['0:80', 'IPv4'],
		['*:80', 'host name'],
		['-a:80', 'host name'],
		['a..b:80', 'host name'],
		['bücher.de:80', 'host name'],
		[`${'a'.repeat(64)}:80`, 'host name'],
		['a:b:80', 'one host'],
	];
	it.each(rows)('%j', (text, expected) => {
		expect(parseAddress(text)).toMatchObject({
			expected: expect.stringContaining(expected),
			example: expect.any(String),
		});
	});
});

it('whoever dials takes no wildcard', () => {
	for (const text of [':80', '0.0.0.0:80', '[::]:80'])
		expect(parseTarget(text)).toMatchObject({ expected: expect.stringContaining('wildcard') });
	expect(parseTarget('a:80')).toMatchObject({ value: { host: 'a' } });
});

it('a host alone goes with or without brackets, and without a port', () => {
	expect(parseHost('[2001:db8::5]')).toEqual({ value: '2001:db8::5' });
	expect(parseHost('2001:db8::5')).toEqual({ value: '2001:db8::5' });
	for (const text of ['a:80', '0.0.0.0', '::', '', 'a/b']) expect(parseHost(text)).toHaveProperty('expected');
});

describe('kinds of hosts', () => {
	const rows: [string, ReturnType<typeof hostKind>][] = [
		['127.0.0.1', 'loopback'],
		['127.1.2.3', 'loopback'],
		['::1', 'loopback'],
		['0:0:0:0:0:0:0:1', 'loopback'],
		['::ffff:127.0.0.1', 'loopback'],
		['localhost', 'loopback'],
		['169.254.1.1', 'link-local'],
		['fe80::1', 'link-local'],
		['FEBF::1', 'link-local'],
		['0.0.0.0', 'unspecified'],
		['::', 'unspecified'],
		['10.0.0.1', 'other'],
		['2001:db8::1', 'other'],
		['fec0::1', 'other'],
		['etcd', 'other'],
	];
	it.each(rows)('%s is %s', (host, kind) => expect(hostKind(host)).toBe(kind));
});
