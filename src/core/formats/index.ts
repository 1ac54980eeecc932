/** The table of wire formats. One more format is one more file and one more row. */
import type { Entry, Service } from '../registration.js';
import { address } from './address.js';
import { coredns } from './coredns.js';
import type { Format } from './format.js';
import { goMicro } from './go-micro.js';
import { goZero } from './go-zero.js';
import { grpc } from './grpc.js';
import { json } from './json.js';
import { hertz, kitex } from './kitex.js';
import { kratos } from './kratos.js';

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
	/** 1 to 100: this part of the service's weight, or of what the format's readers assume. So a busy machine draws less than its like. */
	readonly weightPercent?: number | undefined;
}

/** The key and the value to stand under it. Made once: what was rendered is compared byte for byte with what etcd shows. */
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

/** Never 0: several readers take that for "none given". */
function weigh(service: Service, format: Format, percent: number): Service {
	const full = service.weight ?? format.usualWeight;
	return full === null ? service : { ...service, weight: Math.max(1, Math.round((full * percent) / 100)) };
}
