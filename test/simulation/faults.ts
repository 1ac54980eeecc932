/** What goes wrong, as data: drawn from the seed, carried out by `chaos.ts`. */
import type { Weather } from './network.js';
import type { Random } from './random.js';
import type { ProcessScenario, Theme } from './scenario.js';

export type LinkFault =
	| { readonly kind: 'weather'; readonly weather: Weather }
	| { readonly kind: 'cut'; readonly ms: number; readonly holds: boolean }
	| { readonly kind: 'silence' }
	| { readonly kind: 'reset' };

export type ProcessFault =
	| { readonly kind: 'kill'; readonly againAfterMs: number | null }
	| { readonly kind: 'stop'; readonly againAfterMs: number | null }
	| { readonly kind: 'stall'; readonly ms: number }
	| {
			readonly kind: 'pause' | 'resume' | 'reconcile' | 'add' | 'remove' | 'update' | 'move';
			readonly pick: number;
	  };

export type EtcdFault =
	| {
			readonly kind: 'crash';
			readonly ms: number;
			readonly data: 'kept' | 'lost' | 'lost, other cluster' | 'snapshot';
	  }
	| { readonly kind: 'elect'; readonly ms: number }
	| { readonly kind: 'etcd stalls'; readonly ms: number }
	| { readonly kind: 'snapshot' }
	| { readonly kind: 'deny' | 'permit'; readonly key: number; readonly how: 'all' | 'write' };

export type HostileFault =
	| {
			readonly kind: 'put without lease' | 'put same without lease' | 'delete' | 'revoke' | 'too large';
			readonly key: number;
	  }
	| {
			readonly kind: 'foreign put';
			readonly key: number;
			readonly keys: number;
			/** Each key under a lease of its own. */
			readonly apart: boolean;
			readonly ttlSeconds: number;
			/** Renewed each third for so long; 0 = never, `null` = for ever. */
			readonly renewedMs: number | null;
	  }
	| {
			readonly kind: 'classic';
			readonly key: number;
			readonly ttlSeconds: number;
			readonly untilMs: number | null;
	  };

export type Fault = { readonly atMs: number } & (
	| ((LinkFault | ProcessFault) & { readonly process: number })
	| EtcdFault
	| HostileFault
);

export interface FaultContext {
	readonly theme: Theme;
	readonly keys: number;
	/** Seconds. */
	readonly interval: number;
	readonly callTimeoutMs: number;
	readonly processes: readonly ProcessScenario[];
	readonly chaosMs: number;
}

type Draw = (random: Random, context: FaultContext) => Omit<Fault, 'atMs'>;

const process = (random: Random, { processes }: FaultContext) => ({
	process: random.int(0, processes.length - 1),
});
const key = (random: Random, { keys }: FaultContext) => ({ key: random.int(0, keys - 1) });

const LINK: readonly (readonly [number, Draw])[] = [
	[
		4,
		(random, context) => ({
			kind: 'weather',
			weather: someWeather(random, context),
			...process(random, context),
		}),
	],
	[
		3,
		(random, context) => ({
			...{
				kind: 'cut',
				ms: Math.round(random.logBetween(50, 3_000 * context.interval)),
				holds: random.chance(0.5),
			},
			...process(random, context),
		}),
	],
	[3, (random, context) => ({ kind: 'silence', ...process(random, context) })],
	[3, (random, context) => ({ kind: 'reset', ...process(random, context) })],
];

const PROCESS: readonly (readonly [number, Draw])[] = [
	[
		3,
		(random, context) => ({
			kind: 'kill',
			againAfterMs: again(random, context),
			...process(random, context),
		}),
	],
	[
		3,
		(random, context) => ({
			kind: 'stop',
			againAfterMs: again(random, context),
			...process(random, context),
		}),
	],
	[
		1,
		(random, context) => ({
			kind: 'stall',
			ms: Math.round(random.logBetween(20, 2_000 * context.interval)),
			...process(random, context),
		}),
	],
	[
		4,
		(random, context) => ({
			kind: random.pick(['pause', 'resume', 'resume', 'reconcile', 'add', 'remove', 'update', 'move']),
			pick: random.int(0, 1_000_000),
			...process(random, context),
		}),
	],
];

const ETCD: readonly (readonly [number, Draw])[] = [
	[
		4,
		(random, { interval }) => ({
			kind: 'crash',
			ms: Math.round(random.logBetween(10, 2_000 * interval)),
			data: random.pick(['kept', 'kept', 'kept', 'lost', 'lost, other cluster', 'snapshot']),
		}),
	],
	[2, (random) => ({ kind: 'elect', ms: Math.round(random.logBetween(10, 2_000)) })],
	[
		1,
		(random, { interval }) => ({
			kind: 'etcd stalls',
			ms: Math.round(random.logBetween(10, 1_000 * interval)),
		}),
	],
	[1, () => ({ kind: 'snapshot' })],
];

const RIGHTS: readonly (readonly [number, Draw])[] = [
	[
		1,
		(random, context) => ({
			kind: random.pick(['deny', 'deny', 'permit']),
			how: random.pick(['all', 'write']),
			...key(random, context),
		}),
	],
];

const HOSTILE: readonly (readonly [number, Draw])[] = [
	[
		4,
		(random, context) => ({
			kind: random.pick(['put without lease', 'put same without lease', 'delete', 'delete', 'revoke']),
			...key(random, context),
		}),
	],
	[
		3,
		(random, context) => ({
			kind: 'foreign put',
			...key(random, context),
			keys: random.pick([1, 1, 1, 5, 20, 300]),
			apart: random.chance(0.3),
			ttlSeconds: random.pick([2, 3, 5, 10, 15]),
			renewedMs: random.pick([0, 0, 2_000 * context.interval, 5_000 * context.interval, null]),
		}),
	],
	[
		1,
		(random, context) => ({
			kind: 'classic',
			...key(random, context),
			ttlSeconds: random.pick([2, 5, 10]),
			untilMs: random.chance(0.6) ? Math.round(random.between(0, context.chaosMs)) : null,
		}),
	],
];

const TOO_LARGE: readonly (readonly [number, Draw])[] = [
	[1, (random, context) => ({ kind: 'too large', ...key(random, context) })],
];

/** Which kinds a theme draws from, and how many. */
function themed(
	random: Random,
	theme: Theme,
): { readonly count: number; readonly kinds: readonly (readonly [number, Draw])[] } {
	switch (theme) {
		case 'slow link':
			return { count: 0, kinds: LINK };
		case 'mixed':
			return {
				count: random.int(1, 14),
				kinds: [...LINK, ...PROCESS, ...ETCD, ...HOSTILE, ...random.some(TOO_LARGE, 0.2)],
			};
		case 'permissions':
			return {
				count: random.int(0, 6),
				kinds: [...RIGHTS, ...RIGHTS, ...RIGHTS, ...random.some([...PROCESS, ...ETCD], 0.3)],
			};
		case 'other holders':
			return { count: random.int(0, 8), kinds: [...HOSTILE, ...PROCESS, ...random.some(ETCD, 0.5)] };
		case 'sizes':
			return { count: random.int(0, 4), kinds: [...TOO_LARGE, ...HOSTILE] };
		case 'restarts':
			return { count: random.int(2, 10), kinds: [...ETCD, ...PROCESS] };
	}
}

export function faultsOf(random: Random, context: FaultContext): Fault[] {
	const { count, kinds } = themed(random, context.theme);
	const faults = Array.from({ length: count }, () => {
		const draw = random.weighed(kinds);
		return { atMs: Math.round(random.between(0, context.chaosMs)), ...draw(random, context) } as Fault;
	});
	return faults.sort((one, other) => one.atMs - other.atMs);
}

function someWeather(random: Random, { interval, callTimeoutMs }: FaultContext): Weather {
	const isLossy = random.chance(0.4);
	return {
		rttMs: random.logBetween(0.2, Math.min(2_500, 1.5 * callTimeoutMs, 500 * interval)),
		jitter: random.pick([0, 0.1, 1]),
		spikes: random.pick([0, 0, 0.01, 0.1]),
		spikeMs: random.logBetween(10, 3_000),
		lossUp: isLossy ? random.pick([0, 0.02, 0.1, 0.3]) : 0,
		lossDown: isLossy ? random.pick([0, 0.02, 0.1, 0.3]) : 0,
	};
}

const again = (random: Random, { interval }: FaultContext): number | null =>
	random.chance(0.75) ? Math.round(random.between(0, 3_000 * interval)) : null;
