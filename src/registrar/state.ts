/** Which state the registrar is in, and why, in one sentence each for people. */
import type { KeptStatus, KeyState, KeyStatus, PausedStatus, Status } from './documents.js';
import type { StatusInput } from './status.js';

export const READY = 'every wanted key was verified in etcd within the last two intervals';

/** `reason: null` = ready. */
export function judge(
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

/** What does not make it unready. */
export function notesOf({ phase, paused, kept }: StatusInput): string[] {
	return phase === 'running' ? [...paused.map(pausedNote), ...kept.map(keptNote)] : [];
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
