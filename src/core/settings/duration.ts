import type { Parser } from './parsed.js';

const UNITS = { ms: 1, s: 1000, m: 60_000 } as const;
/** One day: no wait here is longer, and timers overflow at 24 days. */
export const LONGEST_MS = 86_400_000;

/** Milliseconds from a number with `ms`, `s` or `m`; a bare number is seconds. */
export function duration(minMs: number, example: string): Parser<number> {
	return (text) => {
		const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
		const unit = match?.[2] ?? 's';
		const value = match !== null && isUnit(unit) ? Number(match[1]) * UNITS[unit] : Number.NaN;
		const rounded = Math.round(value);
		if (Math.abs(value - rounded) < 1e-6 && rounded >= minMs && rounded <= LONGEST_MS)
			return { value: rounded };
		return {
			expected: `a duration like 500ms, 2s or 1m (a bare number is seconds), ${minMs === 0 ? 'at least 0' : 'more than 0'}, at most a day`,
			example,
		};
	};
}

function isUnit(text: string): text is keyof typeof UNITS {
	return Object.hasOwn(UNITS, text);
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
	const seconds = (ms % 60_000) / 1_000;
	return `${Math.floor(ms / 60_000)}m${seconds === 0 ? '' : `${seconds}s`}`;
}

/** `off`, or a duration. */
export function durationOrOff(minMs: number, example: string): Parser<number | null> {
	const parse = duration(minMs, example);
	return (text) => (text === 'off' ? { value: null } : parse(text));
}

/** A lease's TTL: whole seconds, as etcd takes them. */
export const parseTtl: Parser<number> = (text) => {
	const match = /^(\d{1,6})s?$/.exec(text);
	const value = Number(match?.[1]);
	return value >= 1 && value <= 86_400
		? { value }
		: { expected: 'whole seconds from 1 to 86400', example: '5' };
};
