/** The registrar's state as one plain document; also what `/readyz` and `/livez` go by. */
import { leaseHex } from '../core/lease-id.js';
import type {
	Counters,
	KeptStatus,
	KeyState,
	KeyStatus,
	LeaseStatus,
	PausedStatus,
	Status,
	WeightStatus,
} from './events.js';
import type { Wanted } from './pass/facts.js';
import type { Lease } from './pass/leases.js';
import type { KeyMemory, KeyState as RememberedState } from './pass/memory.js';

/** What the registrar itself is about, beside what its keys are. */
export type Phase = 'idle' | 'running' | 'paused' | 'conflict' | 'stopping' | 'stopped';

export interface LastPass {
	readonly beganMs: number;
	readonly durationMs: number;
	readonly ok: boolean;
}

export interface StatusInput {
	readonly phase: Phase;
	readonly wanted: Wanted;
	readonly memory: { of(key: string): KeyMemory };
	/** Which service wants a key. */
	readonly owner: ReadonlyMap<string, { readonly service: string; readonly addr: string }>;
	readonly weights: readonly WeightStatus[];
	readonly paused: readonly PausedStatus[];
	readonly kept: readonly KeptStatus[];
	/** Why services are withdrawn, where a check says so. */
	readonly withdrawnBecause: string | null;
	readonly leases: readonly Lease[];
	readonly endpoint: string | null;
	readonly version: string;
	readonly intervalMs: number;
	readonly lastPass: LastPass | null;
	readonly passBeganMs: number | null;
	readonly startedMs: number | null;
	readonly lastError: string | null;
	readonly counters: Counters;
	readonly nowMs: number;
}

const LIVE_INTERVALS = 3;
const READY_INTERVALS = 2;

export function statusOf(input: StatusInput): Status {
	const keys = [...input.wanted].map(([key, desired]) => keyStatus(key, desired, input));
	const { state, reason } = judge(keys, input);
	const notes =
		input.phase === 'running' ? [...input.paused.map(pausedNote), ...input.kept.map(keptNote)] : [];
	const leases = input.leases.map((lease) => leaseStatus(lease, keys));
	const { lastPass, nowMs } = input;
	return {
		version: input.version,
		state,
		ready: reason === null,
		live: isLive(input),
		reason: [reason ?? 'every wanted key was verified in etcd within the last two intervals', ...notes].join(
			'; ',
		),
		keys,
		weights: input.weights,
		paused: input.paused,
		kept: input.kept,
		lease: leases[0] ?? null,
		leases,
		endpoint: input.endpoint,
		intervalMs: input.intervalMs,
		lastPass: lastPass && {
			agoMs: Math.round(nowMs - lastPass.beganMs),
			durationMs: Math.round(lastPass.durationMs),
			ok: lastPass.ok,
		},
		lastError: input.lastError,
		counters: input.counters,
	};
}

function leaseStatus({ id, ttlSeconds }: Lease, keys: readonly KeyStatus[]): LeaseStatus {
	const count = keys.filter(({ lease, state }) => lease === id && state !== 'standing-by').length;
	return { id, hex: leaseHex(id), ttlSeconds, keys: count };
}

function keyStatus(key: string, desired: string | null, input: StatusInput): KeyStatus {
	const { state, verified } = input.memory.of(key);
	const owner = input.owner.get(key) ?? { service: '', addr: '' };
	const agoMs = verified === null ? null : Math.round(input.nowMs - verified.atMs);
	return {
		key,
		...owner,
		state: stateOf(state, desired, agoMs !== null && agoMs <= READY_INTERVALS * input.intervalMs),
		verifiedAgoMs: agoMs,
		value: desired,
		lease: verified?.under ?? null,
	};
}

function stateOf(state: RememberedState, desired: string | null, isFresh: boolean): KeyState {
	switch (state.is) {
		case 'unseen':
		case 'withdrawn':
			return desired === null ? 'withdrawn' : 'pending';
		case 'registered':
			return isFresh ? 'registered' : 'unverified';
		case 'wrong':
		case 'standing-by':
		case 'denied':
			return state.is;
	}
}

/** `reason: null` = ready. */
function judge(
	keys: readonly KeyStatus[],
	input: StatusInput,
): { readonly state: Status['state']; readonly reason: string | null } {
	switch (input.phase) {
		case 'idle':
			return { state: 'idle', reason: 'not started' };
		case 'paused':
			return {
				state: 'paused',
				reason: `paused${reasons(input.paused)}: withdrawn on request until resumed`,
			};
		case 'conflict':
			return { state: 'conflict', reason: 'another live process holds a key, and the policy is fail' };
		case 'stopping':
			return { state: 'stopping', reason: 'stopping' };
		case 'stopped':
			return { state: 'stopped', reason: 'stopped' };
		case 'running':
			return judgeRunning(keys, input);
	}
}

/** ` (disk swap; upgrade)`: each reason once. */
function reasons(paused: readonly PausedStatus[]): string {
	const given = new Set(paused.flatMap(({ reason }) => reason ?? []));
	return given.size === 0 ? '' : ` (${[...given].join('; ')})`;
}

const pausedNote = (paused: PausedStatus): string => `${paused.service} is paused${reasons([paused])}`;

const keptNote = ({ service, reason, others, needed }: KeptStatus): string =>
	`${service} stays in although its check fails (${reason}): other instances in etcd: ${others}, needed: ${needed}`;

function judgeRunning(
	keys: readonly KeyStatus[],
	{ wanted, withdrawnBecause, lastError }: StatusInput,
): { state: Status['state']; reason: string | null } {
	const wantedKeys = keys.filter(({ key }) => wanted.get(key) !== null);
	const some = (state: KeyState) => wantedKeys.find((key) => key.state === state);
	const why = lastError === null ? '' : `: ${lastError}`;
	if (wantedKeys.length === 0)
		return { state: 'withdrawn', reason: `withdrawn: ${withdrawnBecause ?? 'no service is wanted now'}` };
	const held = some('standing-by');
	if (held) return { state: 'standing-by', reason: `another process holds ${held.key}` };
	const denied = some('denied');
	if (denied) return { state: 'degraded', reason: `etcd refuses ${denied.key}` };
	const wrong = some('wrong');
	if (wrong) return { state: 'degraded', reason: `${wrong.key} is not as wanted${why}` };
	const pending = some('pending');
	if (pending) {
		const never = wantedKeys.every(({ verifiedAgoMs }) => verifiedAgoMs === null);
		return never
			? { state: 'starting', reason: `not registered yet${why}` }
			: { state: 'degraded', reason: `${pending.key} is not registered yet${why}` };
	}
	const stale = some('unverified');
	if (stale) {
		return { state: 'degraded', reason: `${stale.key} was not verified within the last two intervals${why}` };
	}
	return { state: 'registered', reason: null };
}

/**
 * A loop that turns, whether or not etcd answers; and one that was told to stop, for as long as anybody can
 * ask.
 */
function isLive({ phase, passBeganMs, startedMs, nowMs, intervalMs }: StatusInput): boolean {
	if (phase === 'idle') return false;
	if (phase === 'stopping' || phase === 'stopped') return true;
	return nowMs - (passBeganMs ?? startedMs ?? nowMs) <= LIVE_INTERVALS * intervalMs;
}
