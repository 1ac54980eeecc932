import { networkInterfaces } from 'node:os';
import { hostKind } from '../../core/address.js';
import type { HealthCheck } from '../../registrar/ports.js';
import { tcpCheck } from './tcp.js';

/**
 * Healthy = somebody on this machine accepts connections where the service is announced. A wildcard is tried
 * on loopback and on every address of this machine, asked anew at each check: some programs listen on the
 * address of their container alone.
 */
export function portCheck(host: string, port: number): HealthCheck {
	return {
		async check(signal) {
			// Not AbortSignal.any: on Node 20 each one stays with a signal that lives long.
			const over = new AbortController();
			const end = () => over.abort();
			signal.throwIfAborted();
			signal.addEventListener('abort', end, { once: true });
			const hosts = whereToLook(host, ownAddresses());
			try {
				await Promise.any(hosts.map((each) => tcpCheck(each, port).check(over.signal)));
			} catch {
				throw new Error(`nobody listens on port ${port}${hosts.length === 1 ? ` of ${host}` : ''}`);
			} finally {
				signal.removeEventListener('abort', end);
				// Those that have not answered yet.
				end();
			}
		},
	};
}

/** `own` = the addresses of this machine. */
export function whereToLook(host: string, own: readonly string[]): readonly string[] {
	switch (host) {
		case '0.0.0.0':
			return ['127.0.0.1', ...own.filter((each) => !each.includes(':'))];
		case '':
		case '::':
			return ['127.0.0.1', '::1', ...own];
		default:
			return [host];
	}
}

/**
 * Whether nothing accepts at an address of this host; `false` also where the host is a name or another
 * machine's, of which this one cannot tell.
 */
export async function isSilentHere(host: string, port: number, limitMs: number): Promise<boolean> {
	const isHere = hostKind(host) === 'loopback' || isWildcard(host) || ownAddresses().includes(host);
	if (!isHere) return false;
	return await portCheck(host, port)
		.check(AbortSignal.timeout(limitMs))
		.then(
			() => false,
			() => true,
		);
}

const isWildcard = (host: string) => host === '' || host === '0.0.0.0' || host === '::';

/** Without loopback, and without link-local ones of IPv6, which cannot be dialled without their interface. */
function ownAddresses(): string[] {
	return Object.values(networkInterfaces())
		.flatMap((addresses) => addresses ?? [])
		.filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address))
		.map(({ address }) => address);
}
