/** Which of this machine's addresses others can reach: the one from which packets go to etcd, since etcd is where others look us up. */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import {
	type Address,
	formatAddress,
	hostKind,
	isIPv4,
	isIPv6,
	parseAddress,
	parseHost,
	parseTarget,
} from '../../core/address.js';
import { ConfigError, StoreError } from '../../core/errors.js';
import { addressesOf as addressesOfName } from '../etcd/names.js';

export interface ResolveOptions {
	/** SERVICE_HOST; wins over all else. */
	readonly serviceHost?: string | undefined;
	readonly podIp?: string | undefined;
	/** `http://host:port`, as configured. */
	readonly endpoints: readonly string[];
	/** How the address was given, for messages; left out = by variables. */
	readonly given?: 'variables' | 'options';
}

/** A resolver that does not answer is asked again later, not waited for. */
const LOOKUP_LIMIT_MS = 3000;

/**
 * The address to publish. One that is no wildcard is returned as it is; a wildcard gets its host from `serviceHost`, `podIp`, or the
 * interface that routes to etcd (the local end of a connected UDP socket: no packet is sent). A loopback address only where etcd itself is
 * on loopback, never a link-local one.
 *
 * @throws ConfigError when no address fits, with those that there are; StoreError `unavailable` when there is no route or name service yet: try again.
 */
export async function resolveAddress(
	addr: string,
	{ serviceHost, podIp, endpoints, given: by = 'variables' }: ResolveOptions,
): Promise<string> {
	const parsed = parseAddress(addr);
	if (!('value' in parsed))
		throw new ConfigError([
			`${JSON.stringify(addr)}: expected ${parsed.expected}: for example ${parsed.example}`,
		]);
	const address = parsed.value;
	if (address.wildcard === null) return addr;
	const given = serviceHost || podIp;
	if (!given) return formatAddress(await detectHost(address, endpoints, by), address.port);
	const host = parseHost(given);
	if ('value' in host) return formatAddress(host.value, address.port);
	throw new ConfigError([
		`${serviceHost ? 'SERVICE_HOST' : 'POD_IP'} is ${JSON.stringify(given)}, expected ${host.expected}: for example ${host.example}`,
	]);
}

/** All endpoints at once; the first in order that has an address for others wins over one on loopback. */
async function detectHost(
	{ wildcard }: Address,
	endpoints: readonly string[],
	by: 'variables' | 'options',
): Promise<string> {
	const routes = await Promise.allSettled(endpoints.map(routesTo));
	const locals = routes.flatMap((route) => (route.status === 'fulfilled' ? route.value : []));
	const fitting = locals.filter((host) => fits(host, wildcard));
	const best = fitting.find((host) => hostKind(host) === 'other') ?? fitting[0];
	if (best !== undefined) return best;
	const failed = routes.find((route) => route.status === 'rejected');
	if (failed !== undefined)
		throw new StoreError('unavailable', `no route to etcd to take the address from: ${failed.reason}`, {
			cause: failed.reason,
		});
	const hosts = candidates().join(', ') || 'this machine’s addresses';
	const family = wildcard === 'v4' ? 'IPv4 address' : 'address';
	throw new ConfigError([
		`${by === 'options' ? 'addr' : 'SERVICE_ADDR'}: no ${family} that others can reach was found on the way to etcd (${locals.join(', ') || 'none'}): ` +
			(by === 'options'
				? `write a host into addr, one of ${hosts}`
				: `set SERVICE_HOST to one of ${hosts}, or write the host into SERVICE_ADDR`),
	]);
}

/** Loopback is here only when etcd is reached over it. A socket bound to 0.0.0.0 does not hear IPv6; one bound to [::] hears both. */
function fits(host: string, wildcard: Address['wildcard']): boolean {
	const kind = hostKind(host);
	return (kind === 'other' || kind === 'loopback') && (wildcard !== 'v4' || isIPv4(host));
}

/** The local ends towards an endpoint; rejects when it has no address or none has a route. */
async function routesTo(endpoint: string): Promise<string[]> {
	const target = parseTarget(endpoint.replace(/^https?:\/\//, ''));
	if (!('value' in target)) throw new Error(`not an endpoint: ${endpoint}`);
	const { host, port } = target.value;
	const remotes = isIPv4(host) || isIPv6(host) ? [host] : await addressesOf(host);
	const routes = await Promise.allSettled(remotes.map((remote) => localEnd(remote, port)));
	const found = routes.flatMap((route) => (route.status === 'fulfilled' ? [route.value] : []));
	const failed = routes.find((route) => route.status === 'rejected');
	if (found.length === 0) throw failed?.reason ?? new Error(`${host} has no address`);
	return found;
}

async function addressesOf(host: string): Promise<string[]> {
	const { promise: late, cancel } = timeout(`${host}: no answer from the name service`);
	const asking = new AbortController();
	try {
		return [...(await Promise.race([addressesOfName(host, asking.signal), late]))];
	} finally {
		cancel();
		asking.abort();
	}
}

function timeout(message: string): { readonly promise: Promise<never>; cancel(): void } {
	let timer: NodeJS.Timeout | undefined;
	const promise = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(message)), LOOKUP_LIMIT_MS);
	});
	return { promise, cancel: () => clearTimeout(timer) };
}

function localEnd(remote: string, port: number): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = createSocket(isIPv6(remote) ? 'udp6' : 'udp4');
		const settle = (act: () => void): void => {
			socket.close();
			act();
		};
		socket.once('error', (error) => settle(() => reject(error)));
		socket.connect(port, remote, (error?: Error) => {
			if (error) return settle(() => reject(error));
			const { address } = socket.address();
			settle(() => resolve(address));
		});
	});
}

/** What a person may choose from. */
function candidates(): string[] {
	return Object.values(networkInterfaces())
		.flatMap((addresses) => addresses ?? [])
		.map(({ address }) => address)
		.filter((address) => hostKind(address) === 'other');
}
