/** Lengths of time: as people type them, as Go writes them, and as options give them. */
import { type Kind, type Parsed, wrongType } from './kinds.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };
/** One day: no wait here is longer, and timers overflow at 24 days. */
export const LONGEST_MS = 86_400_000;

/**
 * Whole milliseconds: typed with `ms`, `s` or `m` (a bare number is seconds), or a number of milliseconds.
 */
export function duration(leastMs: number, exampleMs: number): Kind<number> {
	const least = leastMs === 0 ? 'at least 0' : 'more than 0';
	const judge = (ms: number, expected: string, example: string): Parsed<number> => {
		const value = Math.round(ms);
		const fits = Math.abs(ms - value) < 1e-6 && value >= leastMs && value <= LONGEST_MS;
		return fits ? { value } : { expected: `${expected}, ${least}, at most a day`, example };
	};
	return {
		parse: (text) => {
			const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
			const expected = 'a duration like 500ms, 2s or 1m (a bare number is seconds)';
			return judge(Number(digits) * (UNITS[unit] ?? 0), expected, durationText(exampleMs));
		},
		accept: (value) =>
			typeof value === 'number'
				? judge(value, 'a whole number of milliseconds', String(exampleMs))
				: wrongType('a number of milliseconds'),
		write: durationText,
		isDuration: true,
	};
}

/** `off` (`null`), or a duration. */
export function durationOrOff(leastMs: number, exampleMs: number): Kind<number | null> {
	const kind = duration(leastMs, exampleMs);
	return {
		...kind,
		parse: (text) => (text === 'off' ? { value: null } : kind.parse(text)),
		write: (ms) => (ms === null ? 'off' : durationText(ms)),
	};
}

/** Seconds, with parts, as an option gives them. */
export function seconds(least: number, most: number, example: string): Pick<Kind<number>, 'accept'> {
	return {
		accept: (value) => {
			if (typeof value !== 'number') return wrongType('a number');
			return value >= least && value <= most
				? { value }
				: { expected: `a number of seconds from ${least} to ${most}`, example };
		},
	};
}

const GO_UNITS: Readonly<Record<string, number>> = {
	...{ ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 },
};

/**
 * Milliseconds from a duration as Go and so etcdctl writes it: `1m0s`, `1.5h`, `500ms`; `null` = none, or
 * none that is more than 0.
 */
export function goDuration(text: string): number | null {
	if (!/^\+?((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return null;
	const parts = text.matchAll(/([\d.]+)([a-zµμ]+)/g);
	const total = [...parts].reduce(
		(sum, [, value, unit = '']) => sum + Number(value) * (GO_UNITS[unit] ?? 0),
		0,
	);
	return Math.round(total) > 0 ? Math.round(total) : null;
}

/** For people: `500ms`, `1.5s`, `90s`, `83m20s`. */
export function durationText(ms: number): string {
	if (ms < 1_000 && ms > 0) return `${ms}ms`;
	if (ms < 120_000) return `${ms / 1_000}s`;
	const rest = (ms % 60_000) / 1_000;
	return `${Math.floor(ms / 60_000)}m${rest === 0 ? '' : `${rest}s`}`;
}
