/** etcd's endpoints: one string, `;` or `,` between, each `[http[s]://]host[:port]`. */
import { formatAddress, hostKind, parseTarget } from '../address.js';
import { type Parsed, parts, quoted } from './parsed.js';

export interface Endpoint {
	/** `null` = none was written: plain or TLS is decided by whether there are TLS files. */
	readonly scheme: 'http' | 'https' | null;
	readonly host: string;
	readonly port: number;
	/** As it was written. */
	readonly text: string;
	/** No port was written; etcd's own was taken. */
	readonly portAssumed: boolean;
}

export const ETCD_PORT = 2379;
const EXAMPLE = 'http://10.0.0.1:2379,http://10.0.0.2:2379';

export function parseEndpoints(text: string): Parsed<readonly Endpoint[]> {
	if (text.includes('@')) {
		return {
			expected: 'no user name and password in it',
			hide: true,
			mend: 'give user name and password as settings of their own',
		};
	}
	const endpoints: Endpoint[] = [];
	for (const part of parts(text, /[;,]/)) {
		const endpoint = parseEndpoint(part);
		if (!('value' in endpoint)) {
			// A query may carry a token.
			if (/[?#]/.test(text)) return { ...endpoint, hide: true, expected: `each to be ${endpoint.expected}` };
			return { ...endpoint, expected: `${quoted(part)} to be ${endpoint.expected}` };
		}
		endpoints.push(endpoint.value);
	}
	return endpoints.length > 0
		? { value: endpoints }
		: { expected: 'at least one endpoint', example: EXAMPLE };
}

function parseEndpoint(text: string): Parsed<Endpoint> {
	const [, written, rest = ''] = /^(?:([^:/]*):\/\/)?(.*)$/su.exec(text) ?? [];
	const scheme = written?.toLowerCase() ?? null;
	if (scheme !== null && scheme !== 'http' && scheme !== 'https')
		return { expected: 'an http:// or https:// endpoint', example: EXAMPLE };
	const bare = rest.replace(/\/$/, '');
	if (/\s/.test(bare)) return { expected: 'one endpoint: between two stands ; or ,', example: EXAMPLE };
	if (/[/?#]/.test(bare))
		return {
			expected: 'an endpoint without a path or a query',
			example: `${scheme ?? 'http'}://${bare.replace(/[/?#].*$/su, '')}`,
		};
	const portAssumed = /^(\[[^\]]*\]|[^:[\]]+)$/.test(bare);
	const address = parseTarget(portAssumed ? `${bare}:${ETCD_PORT}` : bare);
	if (!('value' in address)) return { ...address, example: EXAMPLE };
	const { host, port } = address.value;
	return { value: { scheme, host, port, text, portAssumed } };
}

/** `http://host:port`, each once: what is dialled. */
export function normalised(endpoints: readonly Endpoint[], tls: boolean): string[] {
	return [
		...new Set(
			endpoints.map(
				({ scheme, host, port }) => `${scheme ?? (tls ? 'https' : 'http')}://${formatAddress(host, port)}`,
			),
		),
	];
}

/** Whether etcd answers on this very machine, as far as its written address tells. */
export function isLoopback(endpoint: Endpoint): boolean {
	return hostKind(endpoint.host) === 'loopback';
}
