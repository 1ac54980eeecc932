import { expect, test } from 'vitest';
import type { Status } from '../../src/registrar/events.js';
import { type KeyMemory, Memory } from '../../src/registrar/pass/memory.js';
import { Counting } from '../../src/registrar/report/counters.js';
import { type StatusInput, statusOf } from '../../src/registrar/status.js';

const NOW = 1_000_000;
const verified = (agoMs: number): Partial<KeyMemory> => ({
	tenure: 'held',
	verifiedValue: 'v',
	under: '7',
	verifiedAtMs: NOW - agoMs,
});

interface Case extends Partial<Omit<StatusInput, 'wanted' | 'memory'>> {
	readonly wanted?: Readonly<Record<string, string | null>>;
	readonly memory?: Readonly<Record<string, Partial<KeyMemory>>>;
}

function status({ wanted = { a: 'v' }, memory = {}, ...rest }: Case): Status {
	const known = new Memory();
	for (const [key, change] of Object.entries(memory)) known.change(key, change);
	return statusOf({
		phase: 'running',
		wanted: new Map(Object.entries(wanted)),
		memory: known,
		owner: new Map([['a', { service: 'user', addr: '10.0.0.5:80' }]]),
		withdrawnBecause: null,
		lease: { id: '7', ttlSeconds: 5 },
		intervalMs: 5_000,
		lastPass: { beganMs: NOW - 100, durationMs: 2, ok: true },
		passBeganMs: NOW - 100,
		startedMs: NOW - 100,
		lastError: null,
		counters: new Counting().now(),
		nowMs: NOW,
		weights: [],
		...rest,
	} as StatusInput);
}

test.each<readonly [sentence: string, input: Case, state: Status['state'], ready: boolean, live: boolean]>([
	[
		'not started: neither live nor ready',
		{ phase: 'idle', passBeganMs: null, startedMs: null },
		'idle',
		false,
		false,
	],
	[
		'just started: live',
		{ passBeganMs: null, startedMs: NOW - 100, lastPass: null },
		'starting',
		false,
		true,
	],
	[
		'started, and no pass for three intervals: dead',
		{ passBeganMs: null, startedMs: NOW - 15_001 },
		'starting',
		false,
		false,
	],
	['every wanted key verified a moment ago', { memory: { a: verified(10) } }, 'registered', true, true],
	['verified two intervals ago: still ready', { memory: { a: verified(10_000) } }, 'registered', true, true],
	[
		'verified longer ago: not ready, whether or not the key is there',
		{ memory: { a: verified(10_001) } },
		'degraded',
		false,
		true,
	],
	[
		'the loop stands still: not live',
		{ memory: { a: verified(10_001) }, passBeganMs: NOW - 15_001 },
		'degraded',
		false,
		false,
	],
	[
		'the last pass began three intervals ago: just alive',
		{ memory: { a: verified(10) }, passBeganMs: NOW - 15_000 },
		'registered',
		true,
		true,
	],
	['etcd away from the start: live, not ready', { lastError: 'no answer' }, 'starting', false, true],
	[
		'found wrong by the last pass and not put right',
		{ memory: { a: { ...verified(10), wrong: true } } },
		'degraded',
		false,
		true,
	],
	[
		'one of two is not there yet',
		{ wanted: { a: 'v', b: 'v' }, memory: { a: verified(10) } },
		'degraded',
		false,
		true,
	],
	[
		'one of two is stale',
		{ wanted: { a: 'v', b: 'v' }, memory: { a: verified(10), b: verified(10_001) } },
		'degraded',
		false,
		true,
	],
	['superseded by another', { memory: { a: { tenure: 'held', rival: '9' } } }, 'standing-by', false, true],
	[
		'one of two superseded',
		{ wanted: { a: 'v', b: 'v' }, memory: { a: verified(10), b: { rival: '9' } } },
		'standing-by',
		false,
		true,
	],
	['denied', { memory: { a: { denied: true } } }, 'degraded', false, true],
	[
		'one of two denied',
		{ wanted: { a: 'v', b: 'v' }, memory: { a: verified(10), b: { denied: true } } },
		'degraded',
		false,
		true,
	],
	[
		'withdrawn by its check',
		{ wanted: { a: null }, withdrawnBecause: 'user: the tank is empty' },
		'withdrawn',
		false,
		true,
	],
	['without any service', { wanted: {} }, 'withdrawn', false, true],
	[
		'one withdrawn, the other registered: ready, since every wanted key is',
		{ wanted: { a: 'v', b: null }, memory: { a: verified(10) } },
		'registered',
		true,
		true,
	],
	['paused', { phase: 'paused', wanted: { a: null } }, 'paused', false, true],
	[
		'paused while its key is still there',
		{ phase: 'paused', wanted: { a: null }, memory: { a: verified(10) } },
		'paused',
		false,
		true,
	],
	['ended by a conflict', { phase: 'conflict' }, 'conflict', false, true],
	[
		'stopping, whatever stands in etcd',
		{ phase: 'stopping', memory: { a: verified(10) } },
		'stopping',
		false,
		true,
	],
	[
		'stopped, and long since the last pass: live while anybody can ask',
		{ phase: 'stopped', memory: { a: verified(10) }, passBeganMs: 0, nowMs: 3_600_000 },
		'stopped',
		false,
		true,
	],
])('%s', (_sentence, input, state, ready, live) => {
	const { reason, ...seen } = status(input);
	expect(seen).toMatchObject({ state, ready, live });
	expect(reason).not.toBe('');
});

test.each<
	readonly [
		sentence: string,
		desired: string | null,
		memory: Partial<KeyMemory>,
		state: Status['keys'][number]['state'],
	]
>([
	['wanted and not seen yet', 'v', {}, 'pending'],
	['wanted and verified', 'v', verified(10), 'registered'],
	['wanted, verified once, found wrong', 'v', { ...verified(10), wrong: true }, 'pending'],
	['wanted and held by another', 'v', { rival: '9' }, 'standing-by'],
	['wanted and denied', 'v', { denied: true }, 'denied'],
	['not wanted and gone', null, {}, 'withdrawn'],
	['not wanted and still there', null, verified(10), 'pending'],
])('a key that is %s', (_sentence, desired, memory, state) => {
	expect(status({ wanted: { a: desired }, memory: { a: memory } }).keys).toMatchObject([
		{ key: 'a', service: 'user', addr: '10.0.0.5:80', state },
	]);
});

test('the reason names the key and what was last heard of etcd', () => {
	expect(status({ lastError: 'connection refused' }).reason).toContain('connection refused');
	expect(status({ memory: { a: { rival: '9' } } }).reason).toContain('a');
	expect(status({ wanted: { a: null }, withdrawnBecause: 'user: the tank is empty' }).reason).toContain(
		'the tank is empty',
	);
});

test('what is shown is plain: it can be written as JSON and read again', () => {
	const shown = status({ memory: { a: verified(1_234.567) } });
	expect(JSON.parse(JSON.stringify(shown)).keys).toEqual([
		{ key: 'a', service: 'user', addr: '10.0.0.5:80', state: 'registered', verifiedAgoMs: 1_235 },
	]);
	expect(shown).toMatchObject({
		lease: { id: '7', ttlSeconds: 5 },
		intervalMs: 5_000,
		lastPass: { agoMs: 100, durationMs: 2, ok: true },
	});
	expect(status({ lease: null, lastPass: null })).toMatchObject({ lease: null, lastPass: null });
});
