/** From the status to the answer: am I in, since when, and what is wrong. Pure. */
import type { KeyStatus, Status } from '../registrar/documents.js';
import { type Lines, type Mark, sinceMs } from './lines.js';
import { clock, plural } from './words.js';

/** Of what may be as many as there are services. */
const MOST_NOTES = 5;

/** Which colour it has; the word always stands beside it. */
export type Mood = 'in' | 'partly' | 'out' | 'unknown' | 'waiting' | 'off';

export interface Summary {
	readonly mood: Mood;
	/** One or two words, for the title too. */
	readonly word: string;
	/** Changes only when something does: read aloud then. */
	readonly sentence: string;
	/** Since when, as a sentence; `null` = not known. */
	readonly since: string | null;
	/** How long ago that was. */
	readonly sinceMs: number | null;
	/** What else one must know at once. */
	readonly notes: readonly string[];
}

const isGood = (mark: Mark) => mark === 'registered';
const isOff = (mark: Mark) => mark === 'withdrawn';
const isBad = (mark: Mark) => !isGood(mark) && !isOff(mark) && mark !== 'none';

/** `agoMs`: how old the status is by now, in the browser's time `nowMs`. */
export function summaryOf(status: Status, lines: Lines, nowMs: number, agoMs: number): Summary {
	const wanted = status.keys.filter(({ value }) => value !== null);
	const answer = {
		...answerOf(status, wanted, lines),
		notes: notesOf(status, wanted, lines, { nowMs, atMs: nowMs - agoMs }),
	};
	const { isAlike, ...rest } = answer;
	if (isAlike === null || status.keys.length === 0) return { ...rest, since: null, sinceMs: null };
	const line = lines.ofAll(isAlike === isOff ? status.keys : wanted);
	const beganMs = sinceMs(line, isAlike);
	const { agoMs: knownMs, isStart } = lines.known;
	const at = clock(nowMs - agoMs - beganMs, nowMs);
	// It has only just become so, and no change tells when.
	if (beganMs === 0) return { ...rest, since: null, sinceMs: null };
	const isWhole = beganMs < knownMs || isStart;
	return { ...rest, since: isWhole ? `since ${at}` : `since ${at} or earlier`, sinceMs: beganMs + agoMs };
}

type Answer = Pick<Summary, 'mood' | 'word' | 'sentence'> & {
	/** What marks the time began with that is meant; `null` = no such time. */
	readonly isAlike: ((mark: Mark) => boolean) | null;
};

function answerOf(status: Status, wanted: readonly KeyStatus[], lines: Lines): Answer {
	const { state, reason } = status;
	switch (state) {
		case 'registered':
			return { mood: 'in', word: 'In', sentence: `${allOf(wanted)} right in etcd`, isAlike: isGood };
		case 'degraded':
		case 'standing-by':
			return { ...notAllRight(status, wanted, lines.outage), isAlike: isBad };
		case 'starting':
			return { mood: 'waiting', word: 'Not in yet', sentence: reason, isAlike: isBad };
		case 'withdrawn':
			return { mood: 'off', word: 'Withdrawn', sentence: reason.replace(/^withdrawn: /, ''), isAlike: isOff };
		case 'paused':
			return { mood: 'off', word: 'Paused', sentence: 'withdrawn on request until resumed', isAlike: isOff };
		case 'conflict':
			return { mood: 'out', word: 'Out', sentence: reason, isAlike: null };
		case 'idle':
		case 'stopping':
		case 'stopped':
			return {
				mood: 'off',
				word: WORDS[state],
				sentence: state === 'idle' ? 'Nothing has begun' : 'As it was told',
				isAlike: null,
			};
	}
}
const WORDS = { idle: 'Not started', stopping: 'Stopping', stopped: 'Stopped' } as const;

function notAllRight(
	{ reason, lastError }: Status,
	wanted: readonly KeyStatus[],
	outage: Mark | null,
): Omit<Answer, 'isAlike'> {
	const bad = wanted.filter(({ state }) => state !== 'registered');
	const only = (state: KeyStatus['state']) => bad.every((key) => key.state === state);
	if (bad.length < wanted.length) {
		const sentence = `${wanted.length - bad.length} of ${plural(wanted.length)} are right: ${reason}`;
		return { mood: 'partly', word: 'Partly in', sentence };
	}
	if (only('unverified')) {
		const failing = `passes fail: ${lastError ?? 'they end too late'}`;
		return {
			mood: 'unknown',
			word: 'Unknown',
			sentence: outage === 'silent' ? 'etcd does not answer' : failing,
		};
	}
	const sentence = wanted.length === 1 ? reason : `none of ${plural(wanted.length)} is right: ${reason}`;
	if (only('standing-by')) return { mood: 'waiting', word: 'Standing by', sentence };
	return { mood: 'out', word: 'Out', sentence };
}

interface Times {
	readonly nowMs: number;
	/** From when the status is. */
	readonly atMs: number;
}

function notesOf(status: Status, wanted: readonly KeyStatus[], lines: Lines, times: Times): string[] {
	const { paused, kept, live, ready, lastError } = status;
	const told = [...paused.map((one) => pausedNote(one, times)), ...kept.map(keptNote)].slice(0, MOST_NOTES);
	if (!live) told.push('The registrar hangs: no pass began within three intervals.');
	if (ready && lastError !== null) told.push(`The last pass failed: ${lastError}`);
	else if (ready && lines.outage !== null) told.push('etcd has not answered for some seconds.');
	return [...told, ...staleNotes(status, wanted, times)];
}

/** Nobody knows what is in etcd: what can be said of it all the same. */
function staleNotes({ leases }: Status, wanted: readonly KeyStatus[], { nowMs, atMs }: Times): string[] {
	const stale = wanted.filter(({ state }) => state === 'unverified');
	if (stale.length === 0) return [];
	const verifiedMs = Math.max(...stale.map(({ verifiedAgoMs }) => verifiedAgoMs ?? 0));
	const left = Math.min(...leases.map(({ secondsLeft }) => secondsLeft ?? Infinity));
	const what = stale.length === 1 ? 'key' : 'keys';
	const verified = `Last verified at ${clock(atMs - verifiedMs, nowMs)}.`;
	if (!Number.isFinite(left)) return [verified];
	const gone = `The lease was not renewed for its whole TTL: unless etcd itself stands still, the ${what} went with it.`;
	return [verified, left === 0 ? gone : `Without a renewal the ${what} will go with the lease.`];
}

function pausedNote({ service, reason, agoMs }: Status['paused'][number], { nowMs, atMs }: Times): string {
	const since = `${service}: paused at ${clock(atMs - agoMs, nowMs)}`;
	return reason === null ? `${since}, no reason given.` : `${since}: ${reason}`;
}

const keptNote = ({ service, addr, reason, others, needed }: Status['kept'][number]): string =>
	`${service} at ${addr} stays in though its check fails (${reason}): ${others} others, ${needed} needed.`;

const allOf = (keys: readonly KeyStatus[]): string =>
	keys.length === 1 ? 'The key is' : `All ${plural(keys.length)} are`;

/** The registrar itself does not answer: since when, and from when what is shown is. */
export function lostSummary(sinceMs: number, shownMs: number | null, nowMs: number): Summary {
	const shown = shownMs === null ? '' : ` What is shown below is from ${clock(shownMs, nowMs)}.`;
	return {
		mood: 'unknown',
		word: 'No answer',
		sentence: 'The registrar itself does not answer (it has ended, it hangs, or the network is cut)',
		since: `since ${clock(sinceMs, nowMs)}`,
		sinceMs: nowMs - sinceMs,
		notes: shown === '' ? [] : [shown.trim()],
	};
}
