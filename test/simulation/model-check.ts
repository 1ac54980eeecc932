/** Explores the model, and judges each state. */
import type { ConflictPolicy } from '../../src/core/registration.js';
import { begin, fairRound, nameOf, ownerOf, type State, steps } from './model.js';

export type Pair = readonly [ConflictPolicy, ConflictPolicy];
const POLICIES: readonly ConflictPolicy[] = ['take-over', 'wait', 'fail'];
export const PAIRS: readonly Pair[] = POLICIES.flatMap((a, n) =>
	POLICIES.slice(n).map((b) => [a, b] as const),
);
const MOST = { kills: 2, terms: 2 };
/** Within so many fair rounds all is decided, and in the last ones nothing changes any more. */
const ROUNDS = 24;
const STILL = 8;

/** How many states there are up to this depth, and what is wrong in the first bad one. */
export function checkModel(
	policies: Pair,
	depth: number,
): { readonly states: number; readonly problem: string | null } {
	const good = new Set<string>();
	let found: string | null = null;
	const states = explore(policies, depth, ({ state, path }) => {
		if (found !== null) return;
		for (const first of [0, 1] as const) {
			const problem = endsBadly(state, first, good);
			if (problem !== null) found = `${problem} after: ${path.join(', ')}`;
		}
		for (const [step, next] of steps(state, MOST)) {
			const wrong = takenFrom(state, next) ?? endedWrongly(state, next);
			if (wrong !== null) found = `${wrong} after: ${[...path, step].join(', ')}`;
		}
	});
	return { states, problem: found };
}

interface Reached {
	readonly state: State;
	readonly path: readonly string[];
}

/** All states within the depth, each with one way to it. */
function explore(policies: Pair, most: number, each: (reached: Reached) => void): number {
	const seen = new Set<string>();
	let layer: Reached[] = [{ state: begin(policies), path: [] }];
	for (let depth = 0; depth <= most; depth += 1) {
		const next: Reached[] = [];
		for (const reached of layer) {
			const name = JSON.stringify(reached.state);
			if (seen.has(name)) continue;
			seen.add(name);
			each(reached);
			for (const [step, state] of steps(reached.state, MOST))
				next.push({ state, path: [...reached.path, step] });
		}
		layer = next;
	}
	return seen.size;
}

/** `null` = the key ends up with one process that is alive, and stays there. */
function endsBadly(start: State, first: 0 | 1, good: Set<string>): string | null {
	const passed: string[] = [];
	let state = start;
	let still = 0;
	for (let round = 0; round < ROUNDS && still < STILL; round += 1) {
		const name = `${first} ${JSON.stringify(state)}`;
		if (good.has(name)) {
			for (const one of passed) good.add(one);
			return null;
		}
		passed.push(name);
		const lease = state.key?.lease;
		state = fairRound(state, first);
		still = state.key?.lease === lease ? still + 1 : 0;
	}
	if (still < STILL) return 'the key changes hands without end';
	const alive = state.registrars.filter(({ is }) => is === 'running').map(nameOf);
	if (alive.length > 0 && (state.key === null || !alive.includes(ownerOf(state.key.lease))))
		return `${alive.join(' and ')} want the key, and ${state.key?.lease ?? 'nobody'} has it`;
	for (const one of passed) good.add(one);
	return null;
}

/** A write that takes a key from a lease that has more than a third left, where that is not its right. */
function takenFrom(before: State, after: State): string | null {
	const [from, to] = [before.key?.lease, after.key?.lease];
	if (from === undefined || to === undefined || ownerOf(from) === ownerOf(to)) return null;
	const writer = before.registrars.find((registrar) => nameOf(registrar) === ownerOf(to));
	const owner = before.registrars.find((registrar) => nameOf(registrar) === ownerOf(from));
	const isRight = writer?.policy === 'take-over' && !writer.memory.hasOwned;
	if (writer === undefined || isRight || owner?.is !== 'running') return null;
	// What it observed may be older than the owner's last renewal: then it was observed as expired.
	const { other } = writer;
	if (other !== null && other.lease === from) {
		const { remainingSeconds } = other.last;
		if (remainingSeconds === null || remainingSeconds + 1 <= 3) return null;
	}
	return `${ownerOf(to)} takes the key from ${ownerOf(from)}, which is alive`;
}

/** Under `fail` only a lease that was truly renewed ends a process. */
function endedWrongly(before: State, after: State): string | null {
	for (const [at, registrar] of after.registrars.entries()) {
		if (registrar.is !== 'ended by a conflict' || before.registrars[at]?.is !== 'running') continue;
		if (registrar.policy !== 'fail' || registrar.memory.hasOwned)
			return `${nameOf(registrar)} has no right to end`;
		if (!registrar.other?.wasRenewed)
			return `${nameOf(registrar)} ends because of a lease that nobody renews`;
	}
	return null;
}
