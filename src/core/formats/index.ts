/** The table of wire formats. One more format is one more file and one more row. */
import type { Entry, Service } from '../registration.js';
import type { Decoded } from './decode.js';
import type { Format } from './format.js';
import { address } from './wire/address.js';
import { coredns } from './wire/coredns.js';
import { goMicro } from './wire/go-micro.js';
import { goZero } from './wire/go-zero.js';
import { grpc } from './wire/grpc.js';
import { hertz } from './wire/hertz.js';
import { json } from './wire/json.js';
import { kitex } from './wire/kitex.js';
import { kratos } from './wire/kratos.js';

export type { Decoded, Instance } from './decode.js';
export type { Format, FormatProblem } from './format.js';

export const FORMATS = {
	address,
	json,
	grpc,
	kratos,
	'go-zero': goZero,
	'go-micro': goMicro,
	kitex,
	hertz,
	coredns,
} as const satisfies Record<string, Format>;

export type FormatName = keyof typeof FORMATS;

export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];

export interface RenderOptions {
	/** Set, it replaces the prefix of whichever format; without outer slashes. */
	readonly namespace?: string | undefined;
	readonly ttlSeconds: number;
	/**
	 * 1 to 100: this part of the service's weight, or of what the format's readers assume. So a busy machine
	 * draws less than its like.
	 */
	readonly weightPercent?: number | undefined;
}

/**
 * The key and the value to stand under it. Made once: what was rendered is compared byte for byte with what
 * etcd shows.
 */
export function render(
	service: Service,
	formatName: FormatName,
	{ namespace, ttlSeconds, weightPercent }: RenderOptions,
): Entry {
	const format: Format = FORMATS[formatName];
	const weighted = weightPercent === undefined ? service : weigh(service, format, weightPercent);
	return {
		key: format.key(service, namespace),
		value: format.value(weighted, { ttlSeconds }),
		fleetPrefix: format.fleetPrefix(service, namespace),
	};
}

/** A service as somebody asks for it: where its instances stand, and how they are written. */
export interface WantedName {
	readonly format: FormatName;
	readonly name: string;
	readonly namespace?: string | undefined;
}

/** Everything below this prefix is read as an instance of the service. */
export function instancesPrefix({ format, name, namespace }: WantedName): string {
	const service = { name, addr: 'any.invalid:1', protocol: 'grpc', metadata: {} } as const;
	const prefix = (FORMATS[format] as Format).readsPrefix(service, namespace);
	return prefix.endsWith('/') ? prefix : `${prefix}/`;
}

/** Longer values are none of a registration: they are left out before anybody parses them. */
const LONGEST_VALUE = 65_536;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * What stands under a key, as an instance; or in words why it is none. Never throws, whatever the bytes are.
 * `value` `null` = too large to be read.
 */
export function decode(
	wanted: WantedName,
	key: string,
	value: Uint8Array | null,
	prefix = instancesPrefix(wanted),
): Decoded {
	if (key.includes('\ufffd')) return { reason: 'its key is no UTF-8' };
	if (value === null || value.length > LONGEST_VALUE)
		return { reason: `it is longer than ${LONGEST_VALUE} bytes` };
	const text = textOf(value);
	if (text === null) return { reason: 'it is no UTF-8' };
	return FORMATS[wanted.format].decode({ key, below: key.slice(prefix.length), name: wanted.name, text });
}

function textOf(bytes: Uint8Array): string | null {
	try {
		return UTF8.decode(bytes);
	} catch {
		return null;
	}
}

/** Never 0: several readers take that for "none given". */
function weigh(service: Service, format: Format, percent: number): Service {
	const full = service.weight ?? format.usualWeight;
	return full === null ? service : { ...service, weight: Math.max(1, Math.round((full * percent) / 100)) };
}
