/** What is no mistake for sure but rarely meant: told at the start and by `check`. */
import { hostKind, parseTarget } from '../address.js';
import { FORMAT_NAMES, FORMATS, type Format } from '../formats/index.js';
import type { Config, EtcdConfig, ServiceConfig } from './config.js';
import { PLACEHOLDER_HOST, resolvedAddr } from './entries.js';

type Carried = 'weight' | 'version' | 'metadata';
export type DoubtedSetting = 'addr' | 'host' | Carried;

/** One sentence each. `nameOf` says what people call a setting of this service. */
export function doubtsOn(
	service: ServiceConfig,
	{ endpoints }: Pick<EtcdConfig, 'endpoints'>,
	nameOf: (setting: DoubtedSetting) => string,
): string[] {
	const isLoopback = isLoopbackAt(resolvedAddr(service, PLACEHOLDER_HOST));
	const lost = uncarried(service, nameOf);
	if (!isLoopback || endpoints.some((endpoint) => isLoopbackAt(endpoint.replace(/^https?:\/\//, ''))))
		return lost;
	const [setting, text] =
		service.host === undefined ? (['addr', service.addr] as const) : (['host', service.host] as const);
	return [
		`${nameOf(setting)} is ${text}, which only this host can reach, and etcd is on another: write an address that others reach, or :port to have it found out`,
		...lost,
	];
}

function isLoopbackAt(addr: string): boolean {
	const parsed = parseTarget(addr);
	return 'value' in parsed && hostKind(parsed.value.host) === 'loopback';
}

/** What was set and no format of this service carries: not wrong, but without effect. */
function uncarried(
	{ formats, weight, version, metadata }: ServiceConfig,
	nameOf: (setting: Carried) => string,
): string[] {
	const set = [
		...(weight === undefined ? [] : (['weight'] as const)),
		...(version === undefined ? [] : (['version'] as const)),
		...(Object.keys(metadata).length === 0 ? [] : (['metadata'] as const)),
	];
	return set.flatMap((setting) => {
		const able = FORMAT_NAMES.filter((name) => carries(FORMATS[name], setting));
		if (formats.some((format) => able.includes(format))) return [];
		const format = `format ${formats.join(', ')}`;
		return [`${nameOf(setting)} has no effect: ${format} carries no ${setting} (${able.join(', ')} do)`];
	});
}

function carries({ usualWeight, carries }: Format, setting: Carried): boolean {
	return setting === 'weight' ? usualWeight !== null : carries.includes(setting);
}

/**
 * How long after deregistering a command is still called, in words; `null` = its readers follow at once, or
 * it is given the time.
 */
export function drainDoubt({
	services,
	drainDelayMs,
}: Pick<Config, 'services' | 'drainDelayMs'>): string | null {
	const formats = [...new Set(services.flatMap((service) => service.formats))];
	const polling = formats.flatMap((name) => {
		const { readersPollEverySeconds: seconds }: Format = FORMATS[name];
		return seconds === undefined ? [] : [{ name, seconds }];
	});
	const longest = Math.max(0, ...polling.map(({ seconds }) => seconds));
	if (longest === 0 || drainDelayMs > longest * 1_000) return null;
	const who = polling.map(({ name }) => name).join(' and ');
	return `REGISTRAR_DRAIN_DELAY is ${drainDelayMs / 1_000}s, and clients of ${who} call an instance for up to ${longest} s after it was deregistered: under run --, set it to ${longest + 1}s`;
}
