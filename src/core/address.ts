/**
 * `host:port`, `[v6]:port`, and the wildcards that ask for detection: `:port`, `0.0.0.0:port`, `[::]:port`.
 */
import type { Parsed } from './settings/values/kinds.js';

export interface Address {
	/** Without brackets; empty for `:port`. */
	readonly host: string;
	readonly port: number;
	/**
	 * The host is for listening, not for dialling: which address others can reach is to be found out, of this
	 * family.
	 */
	readonly wildcard: 'any' | 'v4' | 'v6' | null;
}

const EXAMPLE = '10.0.0.5:8080';

/**
 * Everything that is written `host:port` here goes through this; the port is part of a key, so it has one
 * spelling.
 */
export function parseAddress(text: string): Parsed<Address> {
	const wrong = (expected: string, example = EXAMPLE): Parsed<Address> => ({ expected, example });
	if (/[\s\p{Cc}]/u.test(text)) return wrong('host:port without spaces or control characters');
	if (text.includes('://')) return wrong('host:port without a scheme');
	if (/[/?#@]/.test(text)) return wrong('host:port without a path, a query or a user name');
	if (isIPv6(text)) return wrong('brackets around an IPv6 address, and a port', `[${text}]:8080`);
	const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(text);
	if (match === null)
		return wrong(/:\d+$/.test(text) ? 'host:port with one host' : 'host:port; the port is missing');
	const [, v6, name = '', digits = ''] = match;
	const port = Number(digits);
	if (!/^[1-9]\d{0,4}$/.test(digits) || port > 65535)
		return wrong('a port from 1 to 65535, without leading zeros');
	if (v6 !== undefined && !isIPv6(v6))
		return wrong('an IPv6 address between the brackets, without a zone', '[2001:db8::5]:8080');
	if (v6 === undefined && name === '') return { value: { host: '', port, wildcard: 'any' } };
	const host = parseHost(v6 ?? name);
	if ('value' in host) return { value: { host: host.value, port, wildcard: null } };
	if (hostKind(v6 ?? name) === 'unspecified')
		return { value: { host: v6 ?? name, port, wildcard: v6 === undefined ? 'v4' : 'v6' } };
	return wrong(`host:port with ${host.expected}`);
}

/** Somebody to dial: {@link parseAddress} without the wildcards. */
export function parseTarget(text: string): Parsed<Address> {
	const address = parseAddress(text);
	if (!('value' in address) || address.value.wildcard === null) return address;
	return {
		expected: 'host:port with a host that can be dialled, not a wildcard',
		example: `127.0.0.1:${address.value.port}`,
	};
}

/**
 * A host alone that others can dial: a name, an IPv4 address, an IPv6 address with or without brackets. The
 * value has no brackets.
 */
export function parseHost(text: string): Parsed<string> {
	const host = /^\[.*\]$/.test(text) ? text.slice(1, -1) : text;
	if (isIPv6(host) || isIPv4(host)) {
		return hostKind(host) === 'unspecified'
			? { expected: 'an address that others can dial, not a wildcard', example: '10.0.0.5' }
			: { value: host };
	}
	const labels = host.split('.');
	const isName =
		host.length <= 253 &&
		labels.every((label) => /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label));
	if (!isName)
		return {
			expected: 'a host name or an IP address (letters, digits, dots, hyphens; no port, no zone)',
			example: '10.0.0.5',
		};
	if (/^\d+$/.test(labels.at(-1) ?? ''))
		return { expected: 'an IPv4 address of four numbers up to 255', example: '10.0.0.5' };
	return { value: host };
}

/** Brackets around IPv6, and only there. */
export function formatAddress(host: string, port: number): string {
	return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const BYTE = '(?:\\d|[1-9]\\d|1\\d\\d|2[0-4]\\d|25[0-5])';
const IPV4 = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`);

export function isIPv4(text: string): boolean {
	return IPV4.test(text);
}

export function isIPv6(text: string): boolean {
	return text.includes(':') && /^[0-9A-Fa-f:.]+$/.test(text) && URL.canParse(`http://[${text}]/`);
}

/** What kind of host this is for somebody on another machine. */
export function hostKind(host: string): 'loopback' | 'link-local' | 'unspecified' | 'other' {
	const text = isIPv6(host) ? new URL(`http://[${host}]/`).hostname.slice(1, -1) : host.toLowerCase();
	if (text === '0.0.0.0' || text === '::' || text === '::ffff:0:0') return 'unspecified';
	if (text === '::1' || text === 'localhost' || text.endsWith('.localhost') || /^::ffff:7f/.test(text))
		return 'loopback';
	if (isIPv4(text))
		return text.startsWith('127.') ? 'loopback' : text.startsWith('169.254.') ? 'link-local' : 'other';
	return /^fe[89ab][0-9a-f]:/.test(text) || text.startsWith('::ffff:a9fe:') ? 'link-local' : 'other';
}

export interface BindAddress {
	readonly host: string;
	readonly port: number;
}

/**
 * Where to listen: `host:port`, or a port alone, which binds 127.0.0.1; `off` (`null`) = nowhere. `:port` is
 * refused: it would read as everywhere to some.
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
	return wildcard === 'any'
		? {
				expected: 'a host before the port, or a port alone for 127.0.0.1',
				example: formatAddress('0.0.0.0', port),
			}
		: { value: { host, port } };
}
