/**
 * From one seed to all that is given: who takes part, how etcd and the links are, what goes wrong and when.
 * Plain data, printable.
 */
import type { ConflictPolicy } from '../../src/core/registration.js';
import type { Manner } from '../support/memory/memory-session.js';
import { type Fault, type FaultContext, faultsOf } from './faults.js';
import { steady, type Weather } from './network.js';
import { Random } from './random.js';

export const THEMES = ['slow link', 'mixed', 'permissions', 'other holders', 'sizes', 'restarts'] as const;
export type Theme = (typeof THEMES)[number];

export interface ProcessScenario {
	readonly name: string;
	readonly policy: ConflictPolicy;
	/** First and one after the last of the scenario's keys. */
	readonly from: number;
	readonly to: number;
	readonly startsAtMs: number;
	readonly weather: Weather;
	/** In the quiet phase. */
	readonly quiet: Weather;
	readonly hints: boolean;
	/** At the end of the faults: does it run, run paused, or is it gone? */
	readonly ends: 'running' | 'paused' | 'gone';
	/** Its own word in each value; processes of the same word put the same values. */
	readonly word: string;
}

export interface Scenario {
	readonly seed: number;
	readonly theme: Theme;
	readonly keys: number;
	/** Keys that etcd denies every process for ever, and those that it denies until the quiet phase. */
	readonly denied: readonly number[];
	readonly deniedAtFirst: readonly number[];
	readonly deniedHow: 'all' | 'write';
	readonly manner: Manner;
	readonly checksKeys: boolean;
	readonly maxTxnOps: number;
	readonly maxRequestBytes: number;
	readonly ttlSeconds: number;
	readonly callTimeoutMs: number;
	readonly dialTimeoutMs: number;
	readonly stopTimeoutMs: number;
	readonly processes: readonly ProcessScenario[];
	readonly chaosMs: number;
	readonly faults: readonly Fault[];
	readonly randomSeed: number;
}

export function scenarioOf(seed: number): Scenario {
	const random = new Random(seed);
	const theme = random.weighed<Theme>([
		...([[16, 'slow link']] as const),
		...([[44, 'mixed']] as const),
		...([[14, 'permissions']] as const),
		...([[14, 'other holders']] as const),
		...([[4, 'sizes']] as const),
		...([[8, 'restarts']] as const),
	]);
	const ttlSeconds = random.pick([1, 2, 2, 3, 5, 5, 8, 10, 15]);
	const interval = Math.max(2, ttlSeconds);
	const callTimeoutMs = random.chance(0.6)
		? Math.min(2_000, ttlSeconds * 1_000)
		: Math.round(random.logBetween(300, Math.min(5_000, ttlSeconds * 1_000)));
	const keys = keyCount(theme, random);
	const isSlow = theme === 'slow link';
	const rttMs = slowest(random, { keys, interval, callTimeoutMs, isSlow });
	const processes = someProcesses(random, { keys, theme, interval, rttMs });
	const chaosMs = isSlow ? 1_000 : Math.round(1_000 * interval * random.between(2, 8));
	const all = Array.from({ length: keys }, (_, key) => key);
	const isDenying = theme === 'permissions' || (theme === 'mixed' && random.chance(0.1));
	const part = isDenying ? random.pick([0.02, 0.1, 0.3, 0.6]) : 0;
	const denied = random.some(all, part);
	const deniedAtFirst = random.some(denied, random.pick([0, 0.5, 0.5, 1]));
	const context: FaultContext = { theme, keys, interval, callTimeoutMs, processes, chaosMs };
	return {
		...{ seed, theme, keys, ttlSeconds, callTimeoutMs, processes, chaosMs },
		denied: denied.filter((key) => !deniedAtFirst.includes(key)),
		deniedAtFirst,
		deniedHow: random.pick(['all', 'all', 'write']),
		manner: random.pick(['3.4', '3.5']),
		checksKeys: random.chance(0.3),
		maxTxnOps: theme === 'sizes' ? random.int(16, 128) : 128,
		maxRequestBytes: theme === 'sizes' && random.chance(0.5) ? random.int(1_000, 40_000) : 1_500_000,
		// A connection and a read take two round trips: what leaves no time for them is no fault of the
		// registrar.
		dialTimeoutMs: Math.max(random.pick([2_000, 5_000, 15_000, 15_000]), Math.ceil(4 * rttMs)),
		stopTimeoutMs: random.pick([2_000, 5_000, 5_000, 10_000]),
		faults: faultsOf(random, context),
		randomSeed: random.int(1, 2 ** 31),
	};
}

function keyCount(theme: Theme, random: Random): number {
	const few = () => random.int(1, 5);
	const some = () => random.int(6, 60);
	return random.weighed<() => number>([
		[64, few],
		[26, some],
		[theme === 'sizes' ? 60 : 7, () => random.int(100, 140)],
		[1.2, () => 600],
		[0.7, () => 1_300],
		[0.5, () => 2_000],
	])();
}

/** A round trip that leaves a pass with so many keys its time. */
function slowest(
	random: Random,
	given: { keys: number; interval: number; callTimeoutMs: number; isSlow: boolean },
): number {
	const { keys, interval, callTimeoutMs, isSlow } = given;
	const passMs = Math.min(Math.max(1_000 * interval, 3 * callTimeoutMs), 2_500 * interval);
	const waves = 6 + 2 * Math.ceil(keys / 800);
	const mostMs = Math.min(0.8 * callTimeoutMs, 300 * interval, passMs / waves);
	return isSlow
		? random.logBetween(Math.min(20, mostMs / 2), mostMs)
		: random.logBetween(0.2, Math.min(80, mostMs));
}

function someProcesses(
	random: Random,
	given: { keys: number; theme: Theme; interval: number; rttMs: number },
): ProcessScenario[] {
	const { keys, theme, interval, rttMs } = given;
	const count =
		keys > 200
			? random.pick([1, 1, 1, 2])
			: random.weighed([
					[theme === 'slow link' ? 8 : 4, 1],
					[3, 2],
					[2, 3],
					[1, 4],
				]);
	const shared = random.chance(theme === 'other holders' ? 0.9 : 0.4);
	const policies: readonly [ConflictPolicy, ...ConflictPolicy[]] = ['take-over', 'take-over', 'wait', 'fail'];
	const oneWord = random.chance(0.5);
	return Array.from({ length: count }, (_, n) => {
		const slice = Math.max(1, Math.floor(keys / count));
		const from = shared ? (random.chance(0.7) ? 0 : random.int(0, keys - 1)) : Math.min(n * slice, keys - 1);
		const to = shared
			? random.chance(0.7)
				? keys
				: random.int(from + 1, keys)
			: Math.min(from + slice, keys);
		const quiet = steady(rttMs * random.between(0.8, 1));
		return {
			name: 'ABCD'[n] ?? 'X',
			policy: random.pick(policies),
			...{ from, to, quiet },
			startsAtMs: n === 0 ? 0 : Math.round(1_000 * interval * random.between(0, 3)),
			weather: quiet,
			hints: random.chance(0.9),
			ends:
				theme === 'slow link' ? 'running' : random.pick(['running', 'running', 'running', 'paused', 'gone']),
			word: oneWord ? 'w' : `w${n}`,
		};
	});
}
