import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { type ResolveOptions, resolveAddress as resolveNamed } from '../../../src/adapters/host/address.js';
import { Routes } from '../../../src/adapters/host/routes.js';
import { hostKind, parseAddress } from '../../../src/core/address.js';
import { ConfigError, StoreError } from '../../../src/core/errors.js';
import { VARIABLE_NAMES } from '../../../src/core/settings/environment/variables.js';
import { OPTION_NAMES } from '../../../src/core/settings/options.js';
import { needs } from '../../support/needs.js';
import { networkMissing, startNetwork } from '../../support/network/netns.js';

/** As a command's user reads it, unless told otherwise. */
function resolveAddress(addr: string, options: Omit<ResolveOptions, 'names'> & Partial<ResolveOptions>) {
	return resolveNamed(addr, { names: VARIABLE_NAMES, ...options });
}

const loopback = ['http://127.0.0.1:2379'];
const noIPv6 = Object.values(networkInterfaces()).some((addresses) =>
	addresses?.some(({ address }) => address === '::1'),
)
	? null
	: 'this machine has no IPv6';

describe('asked at each interval', () => {
	it('many services share one detection, and a name without an answer is given up after a while', async () => {
		vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
		try {
			let answer: (hosts: readonly string[]) => void = () => {};
			const asked: AbortSignal[] = [];
			const routes = new Routes((_host, signal) => {
				asked.push(signal);
				return new Promise((resolve) => {
					answer = resolve;
				});
			});
			const options = { endpoints: ['http://etcd.invalid:2379'], routes };
			for (let interval = 0; interval < 3; interval += 1) {
				const services = [':80', ':81', '0.0.0.0:82'].map((addr) => resolveAddress(addr, options));
				const refused = Promise.all(services.map((each) => expect(each).rejects.toThrow('no answer')));
				await vi.advanceTimersByTimeAsync(5_000);
				await refused;
			}
			expect(asked.map(({ aborted }) => aborted)).toEqual([true, true, true]);
			const late = resolveAddress(':80', options);
			answer(['127.0.0.1']);
			expect(await late).toBe('127.0.0.1:80');
		} finally {
			vi.useRealTimers();
		}
	});
	it('a library user reads the names of options', async (context) => {
		needs(context, noIPv6);
		const failing = resolveAddress('0.0.0.0:80', { endpoints: ['http://[::1]:2379'], names: OPTION_NAMES });
		await expect(failing).rejects.toThrow(/^addr: no IPv4 address .*: write the host into addr, one of/);
		await expect(failing).rejects.not.toThrow(/SERVICE_/);
	});
});

describe('what was given wins', () => {
	const rows: [string, string, { serviceHost?: string; podIp?: string }, string][] = [
		['an address that is none to find out', '10.0.0.5:80', { serviceHost: 'x' }, '10.0.0.5:80'],
		['SERVICE_HOST', ':80', { serviceHost: 'node-1', podIp: '10.0.0.9' }, 'node-1:80'],
		['POD_IP', '0.0.0.0:80', { podIp: '10.0.0.9' }, '10.0.0.9:80'],
		['an IPv6 POD_IP gets its brackets', '[::]:80', { podIp: '2001:db8::9' }, '[2001:db8::9]:80'],
		['a SERVICE_HOST with brackets keeps them', ':80', { serviceHost: '[2001:db8::9]' }, '[2001:db8::9]:80'],
	];
	it.each(rows)('%s', async (_sentence, addr, hosts, resolved) => {
		expect(await resolveAddress(addr, { ...hosts, endpoints: loopback })).toBe(resolved);
	});
	it.each([{ serviceHost: '0.0.0.0' }, { podIp: 'a:80' }])('but not %j', async (hosts) => {
		await expect(resolveAddress(':80', { ...hosts, endpoints: loopback })).rejects.toBeInstanceOf(
			ConfigError,
		);
	});
});

describe('the interface that routes to etcd', () => {
	it('is loopback where etcd is', async () => {
		expect(await resolveAddress(':80', { endpoints: loopback })).toBe('127.0.0.1:80');
		expect(await resolveAddress('0.0.0.0:80', { endpoints: ['http://127.7.7.7:1'] })).toMatch(/^127\..*:80$/);
	});
	it('is found for a name', async () => {
		const resolved = parseAddress(await resolveAddress(':80', { endpoints: ['https://localhost:2379'] }));
		expect('value' in resolved && hostKind(resolved.value.host)).toBe('loopback');
	});
	it('is IPv6 with brackets where etcd is', async (context) => {
		needs(context, noIPv6);
		expect(await resolveAddress('[::]:80', { endpoints: ['http://[::1]:2379'] })).toBe('[::1]:80');
	});
	it('is not IPv6 for a socket that hears only IPv4', async (context) => {
		needs(context, noIPv6);
		await expect(resolveAddress('0.0.0.0:80', { endpoints: ['http://[::1]:2379'] })).rejects.toThrow(
			/IPv4.*SERVICE_HOST/s,
		);
	});
	it('is this end of the cable where etcd is at the other, also when another endpoint is on loopback', async (context) => {
		needs(context, networkMissing());
		const network = startNetwork();
		expect(await resolveAddress(':80', { endpoints: [...loopback, `http://${network.host}:2379`] })).toBe(
			`${network.ourSide}:80`,
		);
	});
	it('is never link-local: the error names what there is to choose from', async (context) => {
		needs(context, networkMissing());
		const network = startNetwork();
		const lonely = `etcdll${process.pid % 1_000_000}`;
		execFileSync('ip', ['link', 'add', lonely, 'type', 'veth', 'peer', 'name', `${lonely}p`]);
		try {
			execFileSync('ip', ['addr', 'add', '169.254.213.1/30', 'dev', lonely]);
			execFileSync('ip', ['link', 'set', lonely, 'up']);
			const failing = resolveAddress(':80', { endpoints: ['http://169.254.213.2:2379'] });
			await expect(failing).rejects.toBeInstanceOf(ConfigError);
			await expect(failing).rejects.toThrow(`169.254.213.1`);
			await expect(failing).rejects.toThrow(new RegExp(`set SERVICE_HOST to one of .*${network.ourSide}`));
		} finally {
			execFileSync('ip', ['link', 'del', lonely]);
		}
	});
	it('is not there without a route or a name: that may come', async () => {
		const failing = resolveAddress(':80', { endpoints: ['http://no-such-host.invalid:2379'] });
		await expect(failing).rejects.toBeInstanceOf(StoreError);
		await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
	});
});
