/**
 * Every interleaving of two registrars, one key and one etcd up to a depth, over the real decisions: `plan`,
 * `decide` and the liveness of another holder's lease. A state is plain data; a step makes another one.
 * Revisions are not kept: whether anything changed since an observation is all that a guard asks.
 */
import {
	firstOf,
	type LeaseObservation,
	livenessOf,
	observeEveryMs,
} from '../../src/core/decision/liveness.js';
import type { ConflictPolicy, Observed } from '../../src/core/registration.js';
import type { KeyMemory } from '../../src/registrar/pass/memory.js';
import { plan } from '../../src/registrar/pass/plan.js';

export const TTL_SECONDS = 9;
/**
 * Between a third and a half of what a renewal leaves: expired leases are seen as such before they are gone.
 */
const TICK_SECONDS = 2;
const KEY = 'key';

interface Other {
	readonly lease: string;
	readonly first: LeaseObservation;
	readonly last: LeaseObservation;
	/** Whether it was truly renewed between the two. The registrar cannot know. */
	readonly wasRenewed: boolean;
}

export interface Registrar {
	readonly name: 'A' | 'B';
	readonly policy: ConflictPolicy;
	readonly is: 'running' | 'dead' | 'ended by a conflict';
	readonly life: number;
	/** Its current lease, as it believes. */
	readonly lease: string | null;
	readonly grants: number;
	readonly memory: KeyMemory;
	/**
	 * The other holder's lease as observed: the first observation of its term and the last; times count back
	 * from now.
	 */
	readonly other: Other | null;
	/** Decided and not yet sent; `isFresh` = nobody has changed the key since it was observed. */
	readonly pending: { readonly isFresh: boolean } | null;
}

export interface State {
	readonly key: { readonly lease: string } | null;
	/** Seconds that are left of each. */
	readonly leases: Readonly<Record<string, number>>;
	readonly term: number;
	readonly registrars: readonly [Registrar, Registrar];
	/** Deaths so far. */
	readonly kills: number;
}

export type Step = readonly [name: string, next: State];

const UNSEEN: KeyMemory = { state: { is: 'unseen' }, hasOwned: false, verified: null, sent: null };

export function begin(policies: readonly [ConflictPolicy, ConflictPolicy]): State {
	const one = (name: 'A' | 'B', policy: ConflictPolicy): Registrar => born(name, policy, 1);
	return {
		key: null,
		leases: {},
		term: 1,
		registrars: [one('A', policies[0]), one('B', policies[1])],
		kills: 0,
	};
}

function born(name: 'A' | 'B', policy: ConflictPolicy, life: number): Registrar {
	return {
		name,
		policy,
		is: 'running',
		life,
		lease: null,
		grants: 0,
		memory: UNSEEN,
		other: null,
		pending: null,
	};
}

/** Whose lease it is: its name and the number of its life. */
export const ownerOf = (lease: string): string => lease.slice(0, 2);
export const nameOf = ({ name, life }: Registrar): string => `${name}${life}`;

/** Every step that may come next. */
export function steps(state: State, most: { readonly kills: number; readonly terms: number }): Step[] {
	const found: Step[] = [['time passes', tick(state)]];
	if (state.term < most.terms) found.push(['etcd restarts', extend(state)]);
	for (const at of [0, 1] as const) {
		const registrar = state.registrars[at];
		const { name } = registrar;
		if (registrar.is === 'dead') {
			if (registrar.life < 2)
				found.push([
					`${name} starts again`,
					put(state, at, born(name, registrar.policy, registrar.life + 1)),
				]);
			continue;
		}
		if (registrar.is !== 'running') continue;
		found.push([`${name} observes`, observe(state, at)]);
		if (registrar.pending !== null) found.push([`${name} writes`, write(state, at)]);
		if (registrar.lease !== null) found.push([`${name} renews`, renew(state, at)]);
		if (state.kills < most.kills) {
			found.push([
				`${name} is killed`,
				{ ...put(state, at, { ...registrar, is: 'dead' }), kills: state.kills + 1 },
			]);
			found.push([`${name} stops`, { ...stop(state, at), kills: state.kills + 1 }]);
		}
	}
	return found;
}

/** What goes on without any fault: each observes, writes and renews in turn, and time passes. */
export function fairRound(state: State, first: 0 | 1): State {
	let now = state;
	for (const at of first === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
		if (now.registrars[at].is !== 'running') continue;
		now = observe(now, at);
		if (now.registrars[at].pending !== null) now = write(now, at);
		if (now.registrars[at].pending !== null) now = write(observe(now, at), at);
		if (now.registrars[at].lease !== null) now = renew(now, at);
	}
	return tick(now);
}

export function observe(state: State, at: 0 | 1): State {
	const before = state.registrars[at];
	const observed: Observed = state.key && {
		value: ownerOf(state.key.lease),
		lease: state.key.lease,
		modRevision: '1',
	};
	let other = before.other;
	let next = decide(before, observed, other);
	const [held] = next.standingBy;
	if (held !== undefined && isDue(other, held.lease)) {
		other = observeLease(state, other, held.lease);
		next = decide(before, observed, other);
	}
	let now = state;
	const kept = other?.lease === state.key?.lease ? other : null;
	let registrar: Registrar = { ...before, other: kept, pending: null };
	if (next.conflict !== null) return put(now, at, { ...registrar, is: 'ended by a conflict' });
	for (const lease of next.lost) {
		now = without(now, lease);
		registrar = { ...registrar, lease: null };
	}
	const [verified] = next.verified;
	if (verified !== undefined)
		registrar = { ...registrar, memory: registered(verified.value, verified.lease) };
	const [standing] = next.standingBy;
	if (standing !== undefined) {
		const { hasOwned, verified: was } = registrar.memory;
		const memory: KeyMemory = {
			state: { is: 'standing-by', lease: standing.lease },
			hasOwned,
			verified: was,
			sent: null,
		};
		registrar = { ...registrar, memory };
	}
	if (next.writes.length > 0) registrar = { ...registrar, pending: { isFresh: true } };
	return put(now, at, registrar);
}

function decide(registrar: Registrar, observed: Observed, other: Registrar['other']) {
	const value = nameOf(registrar);
	return plan({
		wanted: new Map([[KEY, value]]),
		observed: new Map([[KEY, observed]]),
		memory: { of: () => registrar.memory },
		leases: {
			of: () => (registrar.lease === null ? null : { id: registrar.lease }),
			isOurs: (lease) => ownerOf(lease) === value,
		},
		policy: registrar.policy,
		liveness: (lease) => (other?.lease === lease ? livenessOf(other.first, other.last) : 'unknown'),
	});
}

/** A lease is observed each third of its own TTL. */
const isDue = (other: Registrar['other'], lease: string): boolean =>
	other?.lease !== lease || -other.last.atMs >= observeEveryMs(other.last.grantedSeconds);

function observeLease(
	{ leases, term }: State,
	other: Registrar['other'],
	lease: string,
): NonNullable<Registrar['other']> {
	const remaining = leases[lease];
	const last: LeaseObservation = {
		...{ askedMs: 0, atMs: 0, grantedSeconds: TTL_SECONDS },
		remainingSeconds: remaining === undefined ? null : Math.max(0, remaining - 1),
		term: remaining === undefined ? '' : String(term),
	};
	const known = other?.lease === lease ? other : null;
	const first = firstOf(known?.first, last);
	return { lease, first, last, wasRenewed: first !== last && known !== null && known.wasRenewed };
}

/** Guarded, and under a living lease, which is granted where there is none. */
function write(state: State, at: 0 | 1): State {
	const registrar = state.registrars[at];
	if (registrar.pending === null) return state;
	let now = state;
	let { lease, grants } = registrar;
	if (lease === null) {
		grants += 1;
		lease = `${nameOf(registrar)}-${grants}`;
		now = { ...now, leases: { ...now.leases, [lease]: TTL_SECONDS } };
	}
	const sent: Registrar = { ...registrar, lease, grants, pending: null };
	if (!registrar.pending.isFresh) return put(now, at, sent);
	if (now.leases[lease] === undefined) return put(now, at, { ...sent, lease: null });
	now = changed({ ...now, key: { lease } });
	return put(now, at, { ...sent, memory: registered(nameOf(registrar), lease) });
}

function renew(state: State, at: 0 | 1): State {
	const registrar = state.registrars[at];
	const { lease } = registrar;
	if (lease === null) return state;
	if (state.leases[lease] === undefined) return put(state, at, { ...registrar, lease: null });
	const seen = (one: Registrar): Registrar =>
		one.other?.lease === lease ? { ...one, other: { ...one.other, wasRenewed: true } } : one;
	const [a, b] = state.registrars;
	return { ...state, leases: { ...state.leases, [lease]: TTL_SECONDS }, registrars: [seen(a), seen(b)] };
}

function stop(state: State, at: 0 | 1): State {
	const registrar = state.registrars[at];
	const now = registrar.lease === null ? state : without(state, registrar.lease);
	return put(now, at, { ...registrar, is: 'dead' });
}

function tick(state: State): State {
	let now = state;
	for (const [lease, seconds] of Object.entries(state.leases)) {
		if (seconds - TICK_SECONDS <= 0) now = without(now, lease);
		else now = { ...now, leases: { ...now.leases, [lease]: seconds - TICK_SECONDS } };
	}
	const [a, b] = now.registrars;
	return { ...now, registrars: [older(a), older(b)] };
}

/** What lies so far back that it decides nothing any more is the same as what lies a bit further back. */
function older(registrar: Registrar): Registrar {
	if (registrar.other === null) return registrar;
	const { first, last } = registrar.other;
	const back = (observation: LeaseObservation): LeaseObservation => {
		const atMs = Math.max(-4_000 * TTL_SECONDS, observation.atMs - 1_000 * TICK_SECONDS);
		return { ...observation, atMs, askedMs: atMs };
	};
	return { ...registrar, other: { ...registrar.other, first: back(first), last: back(last) } };
}

function extend(state: State): State {
	const leases = Object.fromEntries(Object.keys(state.leases).map((lease) => [lease, TTL_SECONDS]));
	return { ...state, leases, term: state.term + 1 };
}

function without(state: State, lease: string): State {
	const { [lease]: _gone, ...leases } = state.leases;
	return state.key?.lease === lease ? changed({ ...state, leases, key: null }) : { ...state, leases };
}

/** Whoever observed it before has lost its guard. */
function changed(state: State): State {
	const [a, b] = state.registrars;
	const stale = (registrar: Registrar): Registrar =>
		registrar.pending === null ? registrar : { ...registrar, pending: { isFresh: false } };
	return { ...state, registrars: [stale(a), stale(b)] };
}

function put(state: State, at: 0 | 1, registrar: Registrar): State {
	const [a, b] = state.registrars;
	return { ...state, registrars: at === 0 ? [registrar, b] : [a, registrar] };
}

const registered = (value: string, under: string): KeyMemory => ({
	...{ state: { is: 'registered' }, hasOwned: true, verified: { value, under, atMs: 0 }, sent: null },
});
