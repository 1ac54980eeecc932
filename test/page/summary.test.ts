import { expect, test } from 'vitest';
import { Lines } from '../../src/page/lines.js';
import { lostSummary, summaryOf } from '../../src/page/summary.js';
import type { RecentChange, Status } from '../../src/registrar/documents.js';
import { aStatus } from '../support/process/status.js';
import { aKey, aRecent, change } from './recent.js';

const NOW = new Date(2026, 10, 25, 3, 12, 44).getTime();
const AT = (seconds: number) => new Date(NOW - seconds * 1_000).toTimeString().slice(0, 8);
const right = [aKey('k0'), aKey('k1'), aKey('k2')];
const lease = { id: '7', hex: '7', ttlSeconds: 5, keys: 1 };

test.each<
	readonly [
		sentence: string,
		status: Partial<Status>,
		changes: readonly RecentChange[],
		answer: { readonly [field: string]: unknown },
	]
>([
	[
		'in, since it was put right',
		{ state: 'registered', ready: true, keys: right },
		[change(60_000, 'missing', 'registered', [1]), change(50_000, 'registered', 'missing', [1])],
		{
			mood: 'in',
			word: 'In',
			sentence: 'All 3 keys are right in etcd',
			since: `since ${AT(50)}`,
			sinceMs: 50_000,
			notes: [],
		},
	],
	[
		'in with one key, since the start',
		{ state: 'registered', ready: true, keys: [aKey('k0')] },
		[],
		{
			word: 'In',
			sentence: 'The key is right in etcd',
			since: `since ${AT(3_600)}`,
			sinceMs: 3_600_000,
		},
	],
	[
		'in, though the last pass failed',
		{ state: 'registered', ready: true, keys: right, lastError: 'no answer' },
		[change(2_000, 'silent')],
		{ mood: 'in', notes: ['The last pass failed: no answer'] },
	],
	[
		'one key of three is missing',
		{
			state: 'degraded',
			reason: 'k1 is not as wanted',
			keys: [aKey('k0'), aKey('k1', 'wrong'), aKey('k2')],
		},
		[change(4_000, 'missing', 'registered', [1])],
		{
			mood: 'partly',
			word: 'Partly in',
			sentence: '2 of 3 keys are right: k1 is not as wanted',
			since: `since ${AT(4)}`,
		},
	],
	[
		'the only key is missing',
		{ state: 'degraded', reason: 'k0 is not as wanted: no space', keys: [aKey('k0', 'wrong')] },
		[change(4_000, 'missing', 'registered', [0]), change(3_000, 'failing', null, [], 'no space')],
		{ mood: 'out', word: 'Out', sentence: 'k0 is not as wanted: no space', since: `since ${AT(4)}` },
	],
	[
		'etcd is silent, and the lease has run out',
		{
			state: 'degraded',
			reason: '',
			keys: [aKey('k0', 'unverified', { verifiedAgoMs: 14_000 })],
			lastError: 'no answer',
			leases: [{ ...lease, secondsLeft: 0 }],
		},
		[change(12_000, 'silent')],
		{
			mood: 'unknown',
			word: 'Unknown',
			sentence: 'etcd does not answer',
			since: `since ${AT(12)}`,
			notes: [
				`Last verified at ${AT(14)}.`,
				'The lease was not renewed for its whole TTL: unless etcd itself stands still, the key went with it.',
			],
		},
	],
	[
		'etcd is silent, and the lease still lives',
		{
			state: 'degraded',
			reason: '',
			keys: [aKey('k0', 'unverified', { verifiedAgoMs: 14_000 })],
			lastError: 'no answer',
			leases: [{ ...lease, secondsLeft: 3 }],
		},
		[change(12_000, 'silent')],
		{
			notes: [`Last verified at ${AT(14)}.`, 'Without a renewal the key will go with the lease.'],
		},
	],
	[
		'etcd answers and no pass succeeds',
		{
			state: 'degraded',
			reason: '',
			keys: [aKey('k0', 'unverified')],
			lastError: 'out of space',
		},
		[change(12_000, 'failing')],
		{ word: 'Unknown', sentence: 'passes fail: out of space' },
	],
	[
		'not in yet',
		{ state: 'starting', reason: 'not registered yet: refused', keys: [aKey('k0', 'pending')] },
		[change(3_600_000, 'silent')],
		{
			mood: 'waiting',
			word: 'Not in yet',
			sentence: 'not registered yet: refused',
			since: `since ${AT(3_600)}`,
		},
	],
	[
		'standing by for one',
		{
			state: 'standing-by',
			reason: 'another process holds k1',
			keys: [aKey('k0'), aKey('k1', 'standing-by')],
		},
		[change(8_000, 'standing-by', 'registered', [1])],
		{
			mood: 'partly',
			word: 'Partly in',
			sentence: '1 of 2 keys are right: another process holds k1',
			since: `since ${AT(8)}`,
		},
	],
	[
		'standing by for all',
		{
			state: 'standing-by',
			reason: 'another process holds k0',
			keys: right.map(({ key }) => aKey(key, 'standing-by')),
		},
		[change(8_000, 'standing-by', null, [0, 1, 2])],
		{ mood: 'waiting', word: 'Standing by', sentence: 'none of 3 keys is right: another process holds k0' },
	],
	[
		'withdrawn because a check fails',
		{
			state: 'withdrawn',
			reason: 'withdrawn: user: refused',
			keys: [aKey('k0', 'withdrawn', { value: null })],
		},
		[change(8_000, 'withdrawn', 'registered', [0])],
		{
			mood: 'off',
			word: 'Withdrawn',
			sentence: 'user: refused',
			since: `since ${AT(8)}`,
		},
	],
	[
		'paused, with the reason',
		{
			state: 'paused',
			reason: 'paused (deploy 42): withdrawn on request until resumed',
			keys: [aKey('k0', 'withdrawn', { value: null })],
			paused: [{ service: 'user', reason: 'deploy 42', agoMs: 8_000 }],
		},
		[change(8_000, 'withdrawn', 'registered', [0])],
		{
			mood: 'off',
			word: 'Paused',
			sentence: 'withdrawn on request until resumed',
			since: `since ${AT(8)}`,
			notes: [`user: paused at ${AT(8)}: deploy 42`],
		},
	],
	['stopping', { state: 'stopping', reason: 'stopping' }, [], { mood: 'off', word: 'Stopping', since: null }],
	[
		'a conflict',
		{ state: 'conflict', reason: 'another live process', keys: right },
		[],
		{ mood: 'out', word: 'Out' },
	],
	[
		'a registrar that hangs',
		{ state: 'registered', ready: true, live: false, keys: right },
		[],
		{
			notes: ['The registrar hangs: no pass began within three intervals.'],
		},
	],
])('%s', (_, status, changes, answer) => {
	expect(summaryOf(aStatus(status), new Lines(aRecent(changes)), NOW, 0)).toMatchObject(answer);
});

test('where the beginning is no longer kept, it says so', () => {
	const lines = new Lines(aRecent([], { completeAgoMs: 60_000 }));
	const { since } = summaryOf(aStatus({ state: 'registered', keys: right }), lines, NOW, 0);
	expect(since).toBe(`since ${AT(60)} or earlier`);
});

test('a pass that waits is seen before it has failed', () => {
	const lines = new Lines(aRecent([], { passingMs: 4_000 }));
	const unverified = aStatus({
		state: 'degraded',
		keys: [aKey('k0', 'unverified', { verifiedAgoMs: 10_000 })],
	});
	expect(summaryOf(unverified, lines, NOW, 0)).toMatchObject({
		word: 'Unknown',
		sentence: 'etcd does not answer',
		since: `since ${AT(4)}`,
	});
	expect(summaryOf(aStatus({ state: 'registered', ready: true, keys: right }), lines, NOW, 0)).toMatchObject({
		word: 'In',
		notes: ['etcd has not answered for some seconds.'],
	});
});

test('an answer grows old: what it says was so then', () => {
	const lines = new Lines(aRecent([change(10_000, 'registered', null, [0, 1, 2])]));
	const { since, sinceMs } = summaryOf(aStatus({ state: 'registered', keys: right }), lines, NOW, 5_000);
	expect([since, sinceMs]).toEqual([`since ${AT(15)}`, 15_000]);
});

test('a registrar that does not answer is told, with since when and how old the rest is', () => {
	expect(lostSummary(NOW - 12_000, NOW - 13_000, NOW)).toMatchObject({
		mood: 'unknown',
		word: 'No answer',
		since: `since ${AT(12)}`,
		sinceMs: 12_000,
		notes: [`What is shown below is from ${AT(13)}.`],
	});
	expect(lostSummary(NOW, null, NOW).notes).toEqual([]);
});
