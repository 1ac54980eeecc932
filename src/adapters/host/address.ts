/** Which of this machine's addresses others can reach: the one from which packets go to etcd, since etcd is where others look us up. */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
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
import { type SettingNames, VARIABLE_NAMES } from '../../core/settings/names.js';

export interface ResolveOptions {
	/** SERVICE_HOST; wins over all else. */
	readonly serviceHost?: string | undefined;
	readonly podIp?: string | undefined;
	/** `http://host:port`, as configured. */
	readonly endpoints: readonly string[];
	/** What the errors call the settings to mend. @defaultValue the variables */
	readonly names?: SettingNames | undefined;
	/** Shared by calls that follow each other closely: many services, one detection. @defaultValue one of its own */
	readonly routes?: Routes | undefined;
}

/** A resolver that does not answer is asked again later, not waited for. */
const LOOKUP_LIMIT_MS = 3000;

/**
 * The address to publish. One that is no wildcard is returned as it is; a wildcard gets its host from `serviceHost`, `podIp`, or the
 * interface that routes to etcd (the local end of a connected UDP socket: no packet is sent). A loopback address only where etcd itself is
 * on loopback, never a link-local one.
 *
 * Cheap enough for every interval: no packet is sent, services share a detection, and a name that has no answer is asked for once.
 *
 * @throws ConfigError when no address fits, with those that there are; StoreError `unavailable` when there is no route or name service yet: try again.
 */
export async function resolveAddress(
	addr: string,
	{ serviceHost, podIp, endpoints, names = VARIABLE_NAMES, routes = new Routes() }: ResolveOptions,
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

/** The first in order that has an address for others wins over one on loopback. @throws ConfigError, StoreError */
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

/** Loopback is here only when etcd is reached over it. A socket bound to 0.0.0.0 does not hear IPv6; one bound to [::] hears both. */
function fits(host: string, wildcard: Address['wildcard']): boolean {
	const kind = hostKind(host);
	return (kind === 'other' || kind === 'loopback') && (wildcard !== 'v4' || isIPv4(host));
}

type Route = PromiseSettledResult<readonly string[]>;

/** So long after it began a detection is still true, unless some of it failed. */
const SHARED_MS = 500;

/** The local ends towards the endpoints. Keep one for as long as addresses are resolved. */
export class Routes {
	readonly #running = new Map<string, Promise<readonly string[]>>();
	#latest: { readonly atMs: number; readonly routes: Promise<readonly Route[]> } | null = null;

	constructor(
		private readonly ask = async (host: string): Promise<readonly string[]> =>
			(await lookup(host, { all: true })).map(({ address }) => address),
	) {}

	/** One for each endpoint, all asked at once. */
	to(endpoints: readonly string[]): Promise<readonly Route[]> {
		const nowMs = performance.now();
		if (this.#latest === null || nowMs - this.#latest.atMs > SHARED_MS) {
			const routes = Promise.allSettled(endpoints.map((endpoint) => this.#towards(endpoint)));
			const latest = { atMs: nowMs, routes };
			this.#latest = latest;
			void routes.then((all) => {
				const isWhole = all.every(({ status }) => status === 'fulfilled');
				if (!isWhole && this.#latest === latest) this.#latest = null;
			});
		}
		return this.#latest.routes;
	}

	/** Rejects when the endpoint has no address or none has a route. */
	async #towards(endpoint: string): Promise<readonly string[]> {
		const target = parseTarget(endpoint.replace(/^https?:\/\//, ''));
		if (!('value' in target)) throw new Error(`not an endpoint: ${endpoint}`);
		const { host, port } = target.value;
		const remotes = isIPv4(host) || isIPv6(host) ? [host] : await this.#addressesOf(host);
		const routes = await Promise.allSettled(remotes.map((remote) => localEnd(remote, port)));
		const found = routes.flatMap((route) => (route.status === 'fulfilled' ? [route.value] : []));
		const failed = routes.find((route) => route.status === 'rejected');
		if (found.length === 0) throw failed?.reason ?? new Error(`${host} has no address`);
		return found;
	}

	/** A name service that is silent holds one of libuv's few threads for each question: a name is asked for once at a time. */
	async #addressesOf(host: string): Promise<readonly string[]> {
		const { promise: late, cancel } = timeout(`${host}: no answer from the name service`);
		const running = this.#running.get(host) ?? this.ask(host).finally(() => this.#running.delete(host));
		this.#running.set(host, running);
		try {
			return await Promise.race([running, late]);
		} finally {
			cancel();
		}
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
