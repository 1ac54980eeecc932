import { FORMATS, type Format } from '../formats/index.js';
import type { Config } from './config.js';

/**
 * How long after deregistering a command is still called, in words; `null` = its readers follow at once, or
 * it is given the time.
 */
export function drainDoubt({
	services,
	drainDelayMs,
}: Pick<Config, 'services' | 'drainDelayMs'>): string | null {
	const formats = [...new Set(services.flatMap((service) => service.formats))];
	const looks = formats.flatMap((name) => {
		const { readersLookEverySeconds: seconds }: Format = FORMATS[name];
		return seconds === undefined ? [] : [{ name, seconds }];
	});
	const longest = Math.max(0, ...looks.map(({ seconds }) => seconds));
	if (longest === 0 || drainDelayMs > longest * 1_000) return null;
	const who = looks.map(({ name }) => name).join(' and ');
	return `REGISTRAR_DRAIN_DELAY is ${drainDelayMs / 1_000}s, and clients of ${who} call an instance for up to ${longest} s after it was deregistered: under run --, set it to ${longest + 1}s`;
}
