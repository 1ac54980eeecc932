/**
 * Which of this machine's addresses others can reach: the one from which packets go to etcd, since etcd is
 * where others look us up.
 */
import { networkInterfaces } from 'node:os';
import {
	type Address,
	formatAddress,
	hostKind,
	isIPv4,
	parseAddress,
	parseHost,
} from '../../core/address.js';
import { ConfigError, StoreError } from '../../core/errors.js';
import type { SettingNames } from '../../core/settings/options.js';
import { type Route, Routes } from './routes.js';

export interface ResolveOptions {
	/** SERVICE_HOST; wins over all else. */
	readonly serviceHost?: string | undefined;
	readonly podIp?: string | undefined;
	/** `http://host:port`, as configured. */
	readonly endpoints: readonly string[];
	/** What the errors call the settings to mend. */
	readonly names: SettingNames;
	/**
	 * Shared by calls that follow each other closely: many services, one detection. @defaultValue one of its
	 * own
	 */
	readonly routes?: Routes | undefined;
}

/**
 * The address to publish. One that is no wildcard is returned as it is; a wildcard gets its host from
 * `serviceHost`, `podIp`, or the interface that routes to etcd (the local end of a connected UDP socket: no
 * packet is sent). A loopback address only where etcd itself is on loopback, never a link-local one.
 *
 * Cheap enough for every interval: no packet is sent, services share a detection, and a name service that is
 * silent occupies no thread.
 *
 * @throws ConfigError when no address fits, with those that there are; StoreError `unavailable` when there is
 * no route or name service yet: try again.
 */
export async function resolveAddress(
	addr: string,
	{ serviceHost, podIp, endpoints, names, routes = new Routes() }: ResolveOptions,
): Promise<string> {
	const parsed = parseAddress(addr);
	if (!('value' in parsed))
		throw new ConfigError([
			`${JSON.stringify(addr)}: expected ${parsed.expected}: for example ${parsed.example}`,
		]);
	const address = parsed.value;
	if (address.wildcard === null) return addr;
	const given = serviceHost || podIp;
	if (!given) return formatAddress(detectHost(address, await routes.to(endpoints), names), address.port);
	const host = parseHost(given);
	if ('value' in host) return formatAddress(host.value, address.port);
	throw new ConfigError([
		`${serviceHost ? (names.host ?? names.addr) : 'POD_IP'} is ${JSON.stringify(given)}, expected ${host.expected}: for example ${host.example}`,
	]);
}

/**
 * The first in order that has an address for others wins over one on loopback. @throws ConfigError,
 * StoreError
 */
function detectHost({ wildcard }: Address, routes: readonly Route[], names: SettingNames): string {
	const locals = routes.flatMap((route) => (route.status === 'fulfilled' ? route.value : []));
	const fitting = locals.filter((host) => fits(host, wildcard));
	const best = fitting.find((host) => hostKind(host) === 'other') ?? fitting[0];
	if (best !== undefined) return best;
	const failed = routes.find((route) => route.status === 'rejected');
	if (failed !== undefined)
		throw new StoreError('unavailable', `no route to etcd to take the address from: ${failed.reason}`, {
			cause: failed.reason,
		});
	const family = wildcard === 'v4' ? 'IPv4 address' : 'address';
	const own = candidates().join(', ') || 'this machine’s addresses';
	const mend =
		names.host === null
			? `write the host into ${names.addr}, one of ${own}`
			: `set ${names.host} to one of ${own}, or write the host into ${names.addr}`;
	throw new ConfigError([
		`${names.addr}: no ${family} that others can reach was found on the way to etcd (${locals.join(', ') || 'none'}): ${mend}`,
	]);
}

/**
 * Loopback is here only when etcd is reached over it. A socket bound to 0.0.0.0 does not hear IPv6; one bound
 * to [::] hears both.
 */
function fits(host: string, wildcard: Address['wildcard']): boolean {
	const kind = hostKind(host);
	return (kind === 'other' || kind === 'loopback') && (wildcard !== 'v4' || isIPv4(host));
}

/** What a person may choose from. */
function candidates(): string[] {
	return Object.values(networkInterfaces())
		.flatMap((addresses) => addresses ?? [])
		.map(({ address }) => address)
		.filter((address) => hostKind(address) === 'other');
}
