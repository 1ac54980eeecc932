/** From the status to the answer: am I in, since when, and what is wrong. Pure. */
import type { KeyStatus, Status } from '../registrar/events.js';
import { type Lines, type Mark, sinceMs } from './lines.js';
import type { Snapshot } from './snapshot.js';
import { clock, plural } from './words.js';

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
export function summaryOf(status: Snapshot['status'], lines: Lines, nowMs: number, agoMs: number): Summary {
	const wanted = status.keys.filter(({ value }) => value !== null);
	const answer = { ...answerOf(status, wanted), notes: notesOf(status, wanted, nowMs - agoMs, nowMs) };
	const { isAlike, ...rest } = answer;
	if (isAlike === null || status.keys.length === 0) return { ...rest, since: null, sinceMs: null };
	const line = lines.ofAll(isAlike === isOff ? status.keys : wanted);
	const beganMs = sinceMs(line, isAlike);
	const { agoMs: knownMs, isStart } = lines.known;
	const at = clock(nowMs - agoMs - beganMs, nowMs);
	const isWhole = beganMs < knownMs || isStart;
	return { ...rest, since: isWhole ? `since ${at}` : `since ${at} or earlier`, sinceMs: beganMs + agoMs };
}

type Answer = Pick<Summary, 'mood' | 'word' | 'sentence'> & {
	/** What marks the time began with that is meant; `null` = no such time. */
	readonly isAlike: ((mark: Mark) => boolean) | null;
};

function answerOf(status: Status, wanted: readonly KeyStatus[]): Answer {
	const { state, reason } = status;
	switch (state) {
		case 'registered':
			return { mood: 'in', word: 'In', sentence: `${allOf(wanted)} right in etcd`, isAlike: isGood };
		case 'degraded':
			return { ...degraded(status, wanted), isAlike: isBad };
		case 'starting':
			return { mood: 'waiting', word: 'Not in yet', sentence: reason, isAlike: isBad };
		case 'standing-by':
			return { ...standingBy(reason, wanted), isAlike: (mark) => mark === 'standing-by' };
		case 'withdrawn':
			return { mood: 'off', word: 'Withdrawn', sentence: reason.replace(/^withdrawn: /, ''), isAlike: isOff };
		case 'paused':
			return { mood: 'off', word: 'Paused', sentence: 'withdrawn on request until resumed', isAlike: isOff };
		case 'conflict':
			return { mood: 'out', word: 'Out', sentence: reason, isAlike: null };
		case 'idle':
		case 'stopping':
		case 'stopped':
			return { mood: 'off', word: WORDS[state], sentence: 'it was told so', isAlike: null };
	}
}
const WORDS = { idle: 'Not started', stopping: 'Stopping', stopped: 'Stopped' } as const;

function degraded({ reason, lastError }: Status, wanted: readonly KeyStatus[]): Omit<Answer, 'isAlike'> {
	const bad = wanted.filter(({ state }) => state !== 'registered');
	const only = (state: string) => bad.every((key) => key.state === state);
	if (only('unverified'))
		return {
			mood: 'unknown',
			word: 'Not known',
			sentence: `etcd does not let us look: ${lastError ?? 'no pass ended'}`,
		};
	if (bad.length === wanted.length)
		return {
			mood: 'out',
			word: 'Out',
			sentence: wanted.length === 1 ? reason : `none of ${plural(wanted.length)} is right: ${reason}`,
		};
	return {
		mood: 'partly',
		word: 'Partly in',
		sentence: `${wanted.length - bad.length} of ${plural(wanted.length)} are right: ${reason}`,
	};
}

function standingBy(reason: string, wanted: readonly KeyStatus[]): Omit<Answer, 'isAlike'> {
	const held = wanted.filter(({ state }) => state === 'standing-by').length;
	const sentence = held === 1 ? reason : `other processes hold ${held} of ${plural(wanted.length)}`;
	return { mood: held === wanted.length ? 'waiting' : 'partly', word: 'Standing by', sentence };
}

function notesOf(
	status: Snapshot['status'],
	wanted: readonly KeyStatus[],
	atMs: number,
	nowMs: number,
): string[] {
	const notes = (status.paused ?? []).map(({ service, reason, agoMs }) => {
		const since = `paused at ${clock(atMs - agoMs, nowMs)}`;
		return reason === null ? `${service}: ${since}, no reason given.` : `${service}: ${since}: ${reason}`;
	});
	if (!status.live) notes.push('The registrar hangs: no pass began within three intervals.');
	if (status.ready && status.lastError !== null) notes.push(`The last pass failed: ${status.lastError}`);
	const stale = wanted.filter(({ state }) => state === 'unverified');
	if (stale.length === 0) return notes;
	const verifiedMs = Math.max(...stale.map(({ verifiedAgoMs }) => verifiedAgoMs ?? 0));
	const left = Math.min(...status.leases.map(({ secondsLeft }) => secondsLeft ?? Infinity));
	const what = stale.length === 1 ? 'key' : 'keys';
	notes.push(`Last verified at ${clock(atMs - verifiedMs, nowMs)}.`);
	if (left === 0)
		notes.push(
			`The lease was not renewed for its whole TTL: unless etcd stands still, the ${what} went with it.`,
		);
	else if (Number.isFinite(left)) notes.push(`Without a renewal the ${what} will go with the lease.`);
	return notes;
}

const allOf = (keys: readonly KeyStatus[]): string =>
	keys.length === 1 ? 'the key is' : `all ${plural(keys.length)} are`;

/** The registrar itself does not answer: since when, and from when what is shown is. */
export function lostSummary(sinceMs: number, shownMs: number | null, nowMs: number): Summary {
	const shown = shownMs === null ? '' : ` What is shown below is from ${clock(shownMs, nowMs)}.`;
	return {
		mood: 'unknown',
		word: 'No answer',
		sentence: 'the registrar itself does not answer: it has ended, it hangs, or the network to it is cut.',
		since: `since ${clock(sinceMs, nowMs)}`,
		sinceMs: nowMs - sinceMs,
		notes: shown === '' ? [] : [shown.trim()],
	};
}
