import { formatAddress, parseAddress } from '../address.js';
import type { Parsed } from './parsed.js';

export interface BindAddress {
	readonly host: string;
	readonly port: number;
}

/**
 * Where to listen: `host:port`, or a port alone, which binds 127.0.0.1; `off` = nowhere. `:port` is refused:
 * it would read as everywhere to some.
 */
export function parseBindAddress(text: string): Parsed<BindAddress | null> {
	if (text === 'off') return { value: null };
	const address = parseAddress(/^\d+$/.test(text) ? `127.0.0.1:${text}` : text);
	if (!('value' in address))
		return {
			expected: `host:port, or a port alone for 127.0.0.1: ${address.expected}`,
			example: '127.0.0.1:9090',
		};
	const { host, port, wildcard } = address.value;
	if (wildcard === 'any')
		return {
			expected: 'a host before the port, or a port alone for 127.0.0.1',
			example: formatAddress('0.0.0.0', port),
		};
	return { value: { host, port } };
}
