import { expect, test } from 'vitest';
import type { Liveness } from '../../../src/core/decision/decide.js';
import {
	firstOf,
	type LeaseObservation,
	livenessOf,
	observeEveryMs,
} from '../../../src/core/decision/liveness.js';

/** `-` = gone. An observation is `seconds: remaining`, of a lease granted for `granted` seconds. */
const at = (seconds: number, remaining: number | '-', granted: number): LeaseObservation => ({
	askedMs: seconds * 1_000,
	atMs: seconds * 1_000,
	remainingSeconds: remaining === '-' ? null : remaining,
	grantedSeconds: granted,
	term: '7',
});

test.each<
	readonly [
		sentence: string,
		granted: number,
		first: [number, number | '-'],
		now: [number, number | '-'],
		liveness: Liveness,
	]
>([
	['one observation alone tells nothing', 5, [0, 4], [0, 4], 'unknown'],
	['a lease that is gone has expired', 5, [0, 4], [1, '-'], 'expired'],
	['one that was gone at the first observation has expired', 5, [0, '-'], [0, '-'], 'expired'],
	['one that was gone and is there again may have been restored', 5, [0, '-'], [2, 4], 'unknown'],
	['an end that stays where it was tells nothing', 9, [0, 8], [3, 5], 'unknown'],
	['an end that moved by a second may be rounding', 9, [0, 8], [3, 6], 'unknown'],
	['an end that moved by more was moved by a renewal', 9, [0, 8], [3, 7], 'alive'],
	['an end that seems to go back, by rounding, tells nothing', 9, [0, 8], [3.9, 4], 'unknown'],
	['two thirds gone and one second for rounding: nobody renews it', 9, [0, 8], [6, 2], 'expired'],
	['not quite two thirds gone: it may still be renewed', 9, [0, 8], [5.9, 3], 'unknown'],
	['nearly run out at the very first observation counts as expired', 9, [0, 1], [0, 1], 'expired'],
	[
		'a renewed one that stops being renewed has expired in the end, whatever the first observation was',
		9,
		[0, 8],
		[100, 2],
		'expired',
	],
	[
		'a lease of 3 s that always reads 2 is not told by its neighbour a second later',
		3,
		[0, 2],
		[1, 2],
		'unknown',
	],
	['a lease of 3 s that always reads 2 is told as renewed two seconds later', 3, [0, 2], [2, 2], 'alive'],
	['a lease of 3 s that reads 1 and then 0 has expired', 3, [0, 1], [1, 0], 'expired'],
	[
		'a lease of 2 s has expired only when it is gone, since 0 is what rounding leaves of a second',
		2,
		[0, 1],
		[1, 0],
		'unknown',
	],
	[
		'a lease of 2 s that is over and not yet taken away reads 0 again: that is no sign of life',
		2,
		[0, 0],
		[1.1, 0],
		'unknown',
	],
	['a lease of 2 s that is renewed is told', 2, [0, 1], [1.5, 1], 'alive'],
	['a lease of a day that is kept is told by any renewal', 86_400, [0, 86_399], [28_800, 86_399], 'alive'],
	[
		'a lease of a day that nobody keeps counts as expired after two thirds of it',
		86_400,
		[0, 86_399],
		[57_601, 28_799],
		'expired',
	],
])('%s', (_sentence, granted, first, now, liveness) => {
	expect(livenessOf(at(...first, granted), at(...now, granted))).toBe(liveness);
});

/** What etcd would read: a lease whose end is known, truncated to whole seconds. */
const truncated = (endMs: number, atMs: number): number => Math.max(0, Math.floor((endMs - atMs) / 1_000));

test('whenever it is observed, and however slow the answers, a lease that nobody renews is never called alive, and one that is renewed never expired', () => {
	for (const granted of [2, 3, 5, 7, 10, 60]) {
		for (let offset = 0; offset < 40; offset += 1) {
			const firstMs = offset * 173.3;
			const every = observeEveryMs(granted);
			const ttlMs = granted * 1_000;
			const seen = (atMs: number, endMs: number, n = 0): LeaseObservation => ({
				askedMs: atMs - 700 * (((offset + n) % 7) / 7),
				atMs: atMs + 900 * (((offset + n) % 5) / 5),
				remainingSeconds: truncated(endMs, atMs),
				grantedSeconds: granted,
				term: '7',
			});
			const renewedEnd = (atMs: number) => Math.floor(atMs / (ttlMs / 3)) * (ttlMs / 3) + ttlMs;
			const live: Liveness[] = [];
			for (let n = 0; n <= 6; n += 1) {
				const nowMs = firstMs + n * every;
				live.push(livenessOf(seen(firstMs, renewedEnd(firstMs)), seen(nowMs, renewedEnd(nowMs), n)));
				const end = firstMs + ttlMs - (offset % 10);
				expect(livenessOf(seen(firstMs, end), seen(Math.min(nowMs, end), end, n))).not.toBe('alive');
			}
			expect(live).not.toContain('expired');
			expect(live.at(-1)).toBe('alive');
		}
	}
});

test.each([
	['a third of the TTL', 9, 3_000],
	['a third of a TTL that does not divide', 5, 5_000 / 3],
	['of a short one once a second: it would read the same in between', 2, 1_000],
	['of one that is gone once a second', 0, 1_000],
])('the next observation comes after %s', (_sentence, granted, ms) => {
	expect(observeEveryMs(granted)).toBe(ms);
});

test('an end that moved with a new raft term is no renewal: a restart gives every lease its full TTL again', () => {
	const restarted = { ...at(3, 8, 9), term: '8' };
	expect(livenessOf(at(0, 8, 9), restarted)).toBe('unknown');
	expect(livenessOf(at(0, 8, 9), at(3, 8, 9))).toBe('alive');
});

test.each<
	[sentence: string, first: LeaseObservation | undefined, now: LeaseObservation, kept: 'first' | 'now']
>([
	['there is none yet', undefined, at(3, 5, 9), 'now'],
	['the lease was gone and is there again', at(0, '-', 9), at(3, 5, 9), 'now'],
	['it is of an earlier raft term', { ...at(0, 8, 9), term: '6' }, at(3, 5, 9), 'now'],
	['it is of the same term', at(0, 8, 9), at(3, 5, 9), 'first'],
])('the observation to compare with: %s', (_sentence, first, now, kept) => {
	expect(firstOf(first, now)).toBe(kept === 'now' ? now : first);
});
