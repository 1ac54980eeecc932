/** The registrar's state as one plain document; also what `/readyz` and `/livez` go by. */
import { leaseHex } from '../core/lease-id.js';
import type { LeaseId } from '../core/registration.js';
import type {
	Counters,
	KeptStatus,
	KeyState,
	KeyStatus,
	LeaseStatus,
	PausedStatus,
	Status,
	WeightStatus,
} from './documents.js';
import type { Wanted } from './pass/facts.js';
import type { Lease } from './pass/leases.js';
import type { KeyMemory, KeyState as RememberedState } from './pass/memory.js';
import { judge, notesOf, READY } from './state.js';

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
	/** When a lease runs out unless it is renewed; `null` = not known. */
	readonly leaseEndsMs: (lease: LeaseId) => number | null;
	readonly endpoint: string | null;
	readonly endpoints: readonly string[];
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
	const leases = input.leases.map((lease) => leaseStatus(lease, keys, input));
	const { lastPass, nowMs } = input;
	return {
		version: input.version,
		state,
		ready: reason === null,
		live: isLive(input),
		reason: [reason ?? READY, ...notesOf(input)].join('; '),
		keys,
		weights: input.weights,
		paused: input.paused,
		kept: input.kept,
		lease: leases[0] ?? null,
		leases,
		endpoint: input.endpoint,
		endpoints: input.endpoints,
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

function leaseStatus(
	{ id, ttlSeconds }: Lease,
	keys: readonly KeyStatus[],
	{ leaseEndsMs, nowMs }: StatusInput,
): LeaseStatus {
	const endsMs = leaseEndsMs(id);
	const secondsLeft = endsMs === null ? null : Math.max(0, Math.round((endsMs - nowMs) / 100) / 10);
	const count = keys.filter(({ lease, state }) => lease === id && state !== 'standing-by').length;
	return { id, hex: leaseHex(id), ttlSeconds, secondsLeft, keys: count };
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

/**
 * A loop that turns, whether or not etcd answers; and one that was told to stop, for as long as anybody can
 * ask.
 */
function isLive({ phase, passBeganMs, startedMs, nowMs, intervalMs }: StatusInput): boolean {
	if (phase === 'idle') return false;
	if (phase === 'stopping' || phase === 'stopped') return true;
	return nowMs - (passBeganMs ?? startedMs ?? nowMs) <= LIVE_INTERVALS * intervalMs;
}
