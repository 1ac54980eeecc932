/**
 * From a service's configuration to what is written: its address resolved, its entries rendered, what its
 * formats refuse.
 */
import { formatAddress, parseAddress } from '../address.js';
import { type Claim, clashes, type Place, placeOf } from '../formats/clashes.js';
import {
	FORMATS,
	type Format,
	type FormatName,
	type FormatProblem,
	type RenderOptions,
	render,
} from '../formats/index.js';
import type { Entry, Service } from '../registration.js';
import type { ServiceConfig } from './config.js';

/**
 * Stands for a host that is not known yet, where only the shape of a key matters (`.invalid`, RFC 2606:
 * nobody has it).
 */
export const PLACEHOLDER_HOST = 'detected.invalid';

/** The address to publish: as given, or for a wildcard the configured host, else the detected one. */
export function resolvedAddr(config: Pick<ServiceConfig, 'addr' | 'host'>, detectedHost: string): string {
	const address = parseAddress(config.addr);
	if (!('value' in address) || address.value.wildcard === null) return config.addr;
	return formatAddress(config.host ?? detectedHost, address.value.port);
}

/**
 * The noun that formats render. A weight that changes by itself is left out: give it to {@link entriesOf}.
 */
export function serviceOf(
	{ name, protocol, id, version, weight, metadata }: ServiceConfig,
	addr: string,
	currentWeight?: number,
): Service {
	const fixed = currentWeight ?? (typeof weight === 'number' ? weight : undefined);
	return {
		...{ name, addr, protocol, metadata },
		...(id === undefined ? {} : { id }),
		...(version === undefined ? {} : { version }),
		...(fixed === undefined ? {} : { weight: fixed }),
	};
}

export interface EntryOptions extends Pick<RenderOptions, 'ttlSeconds' | 'weightPercent'> {
	/** What a weight function said. */
	readonly weight?: number | undefined;
}

/** One entry for each format, in the order of the formats. */
export function entriesOf(
	config: ServiceConfig,
	addr: string,
	{ ttlSeconds, weightPercent, weight }: EntryOptions,
): Entry[] {
	const service = serviceOf(config, addr, weight);
	return config.formats.map((format) =>
		render(service, format, { namespace: config.namespace, ttlSeconds, weightPercent }),
	);
}

/**
 * What the formats of this service cannot carry. To be asked again once a wildcard is resolved: ids may be
 * made of the address.
 */
export function formatProblems(
	config: ServiceConfig,
	addr: string,
): { readonly format: FormatName; readonly problem: FormatProblem }[] {
	const service = serviceOf(config, addr);
	return config.formats.flatMap((format) => {
		const rules: Format = FORMATS[format];
		return rules.problems(service, config.namespace).map((problem) => ({ format, problem }));
	});
}

export interface NamedService {
	readonly config: ServiceConfig;
	readonly addr: string;
	/** How people call it. */
	readonly label: string;
}

/**
 * Keys that meet, in words; {@link clashes} of all formats of all services. A host that is not known yet is
 * written `<host>`.
 */
export function clashesOf(services: readonly NamedService[]): string[] {
	return clashes(services.flatMap(claimsOf)).map((line) => line.replaceAll(/detected[.-]invalid/g, '<host>'));
}

/** One for each format. */
export function placesOf(service: NamedService): Place[] {
	return claimsOf(service).map(placeOf);
}

function claimsOf({ config, addr, label }: NamedService): Claim[] {
	const service = serviceOf(config, addr);
	return config.formats.map((format) => ({
		label: `${label} (format ${format})`,
		service,
		format,
		namespace: config.namespace,
	}));
}
