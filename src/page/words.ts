/** How states, reasons and times are told. Pure. */
import type { KeyState } from '../registrar/documents.js';
import type { Mark } from './lines.js';

/** What a time line and its legend call it. */
export const MARKS: Readonly<Record<Mark, string>> = {
	registered: 'right',
	missing: 'missing',
	wrong: 'wrong',
	'standing-by': 'standing by',
	denied: 'refused',
	withdrawn: 'withdrawn',
	silent: 'etcd silent',
	failing: 'passes fail',
	pending: 'not yet in',
	none: 'not known',
};

export const STATES: Readonly<Record<KeyState, string>> = {
	registered: 'right',
	unverified: 'not verified',
	pending: 'not yet in',
	wrong: 'wrong or missing',
	'standing-by': 'standing by',
	denied: 'refused',
	withdrawn: 'withdrawn',
};

/** Why a key was put right. */
const REASONS: Readonly<Record<string, string>> = {
	absent: 'found absent',
	foreign_lease: 'found under another lease',
	no_lease: 'found under no lease',
	value_drift: 'found with another value',
};
export const reasonText = (why: string | null): string => REASONS[why ?? ''] ?? why ?? '';

/** `12 ms`, `8 s`, `4 min 10 s`, `3 h 5 min`, `2 d 4 h`. */
export function duration(ms: number): string {
	if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
	const seconds = Math.floor(ms / 1_000);
	const parts = [
		[Math.floor(seconds / 86_400), 'd'],
		[Math.floor(seconds / 3_600) % 24, 'h'],
		[Math.floor(seconds / 60) % 60, 'min'],
		[seconds % 60, 's'],
	] as const;
	const first = parts.findIndex(([count]) => count > 0);
	return parts
		.slice(first, first + 2)
		.filter(([count]) => count > 0)
		.map(([count, unit]) => `${count} ${unit}`)
		.join(' ');
}

/** The same in whole seconds, for what is drawn anew each second. */
export const seconds = (ms: number): string =>
	ms < 1_000 ? 'a moment' : duration(Math.floor(ms / 1_000) * 1_000);

/** `03:12:44`; of another day with its date before. */
export function clock(atMs: number, nowMs: number): string {
	const [at, now] = [new Date(atMs), new Date(nowMs)];
	const two = (part: number) => String(part).padStart(2, '0');
	const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
	if (at.toDateString() === now.toDateString()) return time;
	return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

export const plural = (count: number, word = 'key'): string =>
	`${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

/** As etcdctl prints it. */
export const leaseHex = (id: string): string => BigInt.asUintN(64, BigInt(id)).toString(16);
