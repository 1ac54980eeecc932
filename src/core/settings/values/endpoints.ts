/** etcd's endpoints: one string, `;` or `,` between, each `[http[s]://]host[:port]`. */
import { formatAddress, parseTarget } from '../../address.js';
import { listOf, type Parsed, quoted } from './kinds.js';

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

/**
 * What is wrong with user name and password in an endpoint; only their settings' names are known elsewhere.
 */
export const NO_USERINFO = 'no user name and password in it';

export const endpoints = {
	...listOf(/[;,]/, judge),
	write: (all: readonly Endpoint[]) => all.map(({ text }) => text).join(','),
};

function judge(parts: readonly string[]): Parsed<readonly Endpoint[]> {
	if (parts.some((part) => part.includes('@'))) return { expected: NO_USERINFO, hide: true };
	const parsed: Endpoint[] = [];
	for (const part of parts) {
		const endpoint = parseEndpoint(part);
		if ('value' in endpoint) {
			parsed.push(endpoint.value);
			continue;
		}
		// A query may carry a token.
		if (parts.some((other) => /[?#]/.test(other)))
			return { ...endpoint, hide: true, expected: `each to be ${endpoint.expected}` };
		return { ...endpoint, expected: `${quoted(part)} to be ${endpoint.expected}` };
	}
	return parsed.length > 0 ? { value: parsed } : { expected: 'at least one endpoint', example: EXAMPLE };
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
export function normalised(all: readonly Endpoint[], tls: boolean): string[] {
	const text = ({ scheme, host, port }: Endpoint) =>
		`${scheme ?? (tls ? 'https' : 'http')}://${formatAddress(host, port)}`;
	return [...new Set(all.map(text))];
}
