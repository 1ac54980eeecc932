import { promises as dns } from 'node:dns';
import { expect, test, vi } from 'vitest';
import { addressesOf, hostsEntries, searched } from '../../../../src/adapters/etcd/connection/names.js';

const never = new AbortController().signal;

test.each<readonly [sentence: string, text: string, host: string, names: string[]]>([
	[
		'a name with a dot is asked for as it is, then in each domain',
		'search a.b c\n',
		'x.y',
		['x.y', 'x.y.a.b', 'x.y.c'],
	],
	['one without a dot in each domain first', 'search a.b c\n', 'x', ['x.a.b', 'x.c', 'x']],
	[
		'fewer dots than ndots: the same',
		'nameserver 10.0.0.1\nsearch ns.svc.local svc.local\noptions timeout:1 ndots:5\n',
		'etcd.ns',
		['etcd.ns.ns.svc.local', 'etcd.ns.svc.local', 'etcd.ns'],
	],
	['a dot at the end means that name only', 'search a.b\n', 'x.y.', ['x.y.']],
	['the last of several lists counts', 'domain a\nsearch b\n', 'x', ['x.b', 'x']],
	['no list, no more names', '# search a\n', 'x', ['x']],
])('searched: %s', (_sentence, text, host, names) => {
	expect(searched(text, host)).toEqual(names);
});

test.each<readonly [sentence: string, host: string, addresses: string[]]>([
	['all addresses of a name', 'etcd', ['10.0.0.1', 'fd00::1']],
	['whatever its case', 'ETCD.Example', ['10.0.0.1']],
	['with a dot at the end', 'etcd.example.', ['10.0.0.1']],
	['no comments', 'old', []],
	['no others', 'etc', []],
])('hosts file: %s', (_sentence, host, addresses) => {
	const text = '127.0.0.1 localhost\n10.0.0.1\tetcd.example etcd # old\nfd00::1 etcd\n#10.0.0.2 old\n';
	expect(hostsEntries(text, host)).toEqual(addresses);
});

test.each([
	['10.1.2.3', ['10.1.2.3']],
	['fd00::7', ['fd00::7']],
])('an address is its own answer: %s', async (host, addresses) => {
	expect(await addressesOf(host, never)).toEqual(addresses);
});

test('localhost needs no DNS', async () => {
	expect(await addressesOf('localhost', never)).toContain('127.0.0.1');
});

test('who stops waiting is let go at once', async () => {
	await expect(addressesOf('nowhere.invalid', AbortSignal.abort())).rejects.toThrow();
});

test('all who ask for a name at once share one query, which the last that stops waiting takes along', async () => {
	const unanswered = () => new Promise<string[]>(() => {});
	const asked = vi.spyOn(dns.Resolver.prototype, 'resolve4').mockImplementation(unanswered as never);
	vi.spyOn(dns.Resolver.prototype, 'resolve6').mockImplementation(unanswered as never);
	const cancelled = vi.spyOn(dns.Resolver.prototype, 'cancel');
	const waiting = Array.from({ length: 8 }, () => new AbortController());
	const answers = waiting.map(({ signal }) => addressesOf('silent.test.', signal));
	expect(asked.mock.calls).toEqual([['silent.test.']]);
	for (const [at, each] of waiting.entries()) {
		expect(cancelled).toHaveBeenCalledTimes(0);
		each.abort();
		await expect(answers[at]).rejects.toThrow('stopped');
	}
	expect(cancelled).toHaveBeenCalledTimes(1);
	const again = addressesOf('silent.test.', AbortSignal.timeout(1));
	expect(asked).toHaveBeenCalledTimes(2);
	await expect(again).rejects.toThrow('stopped');
	vi.restoreAllMocks();
});
