/**
 * From a key and its value in etcd to an instance: what every format's decoder shares. Nothing here throws,
 * whatever the bytes are.
 */
import { formatAddress, parseTarget } from '../address.js';
import { PROTOCOLS, type Protocol } from '../registration.js';

/** One instance of a service, as its key and value in etcd describe it. Frozen. */
export interface Instance {
	/** The whole key in etcd: the identity of the instance. */
	readonly key: string;
	/** What the format carries as id; without one, the key below the service's prefix. */
	readonly id: string;
	/** A name, an IPv4 address, or an IPv6 address without brackets. */
	readonly host: string;
	readonly port: number;
	/** `host:port`, with brackets around IPv6. */
	readonly addr: string;
	/** `null` = the format or its writer does not tell. */
	readonly protocol: Protocol | null;
	/** `null` = the format or its writer does not tell. */
	readonly version: string | null;
	/**
	 * Relative to the other instances of the service. Where none is written, the one that the format's readers
	 * assume.
	 */
	readonly weight: number;
	readonly metadata: Readonly<Record<string, string>>;
}

/** The instance, or in words why there is none. */
export type Decoded = { readonly instance: Instance } | { readonly reason: string };

/** What a format's decoder is given: text that is UTF-8 and of bounded length. */
export interface Found {
	readonly key: string;
	/** The key without the prefix below which the instances of the service stand. */
	readonly below: string;
	/** The name of the service that is asked for. */
	readonly name: string;
	readonly text: string;
}

/** What a decoder makes of a value; the rest is filled in by {@link instanceOf}. */
export interface Fields {
	/** `host:port`, as it is written; checked by {@link instanceOf}. */
	readonly addr: unknown;
	readonly id?: unknown;
	readonly protocol?: unknown;
	readonly version?: unknown;
	/** Not a number of at least 0: `usualWeight`. */
	readonly weight?: unknown;
	/** What the format's readers assume. @defaultValue 100 */
	readonly usualWeight?: number | null;
	readonly metadata?: unknown;
}

/** The weight of every instance where a format carries none. */
const EQUAL_WEIGHT = 100;
/** Beyond this no weight differs from another in any way that matters, and sums of them stay exact. */
const MAX_WEIGHT = 1e9;

export function instanceOf({ key, below }: Found, fields: Fields): Decoded {
	if (typeof fields.addr !== 'string') return { reason: 'it has no address' };
	const address = parseTarget(fields.addr);
	if (!('value' in address)) return { reason: `its address is not ${address.expected}` };
	const { host, port } = address.value;
	const { id, protocol, version, weight } = fields;
	const metadata = Object.freeze(textsOf(fields.metadata));
	return {
		instance: Object.freeze({
			key,
			id: isText(id) ? id : below,
			host,
			port,
			addr: formatAddress(host, port),
			protocol: PROTOCOLS.find((known) => known === protocol) ?? null,
			version: isText(version) ? version : null,
			weight: isWeight(weight) ? Math.min(weight, MAX_WEIGHT) : (fields.usualWeight ?? EQUAL_WEIGHT),
			metadata,
		}),
	};
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** `null` = no JSON, or JSON of another kind. */
export function jsonObject(text: string): JsonObject | null {
	try {
		const value: unknown = JSON.parse(text);
		return isJsonObject(value) ? value : null;
	} catch {
		return null;
	}
}

export const NO_OBJECT: Decoded = { reason: 'it is no JSON object' };
export const OTHER_SERVICE: Decoded = { reason: 'it names another service' };

export function isJsonObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The strings of a map, numbers and booleans as text; what is nested is left out. Own properties whatever
 * their names are.
 */
export function textsOf(map: unknown): Record<string, string> {
	if (!isJsonObject(map)) return {};
	return Object.fromEntries(
		Object.entries(map).flatMap(([key, value]) =>
			['string', 'number', 'boolean'].includes(typeof value) ? [[key, String(value)]] : [],
		),
	);
}

/** The map without these keys. */
export function without(map: unknown, keys: readonly string[]): JsonObject {
	if (!isJsonObject(map)) return {};
	return Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)));
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isWeight = (value: unknown): value is number =>
	typeof value === 'number' && value >= 0 && Number.isFinite(value);
