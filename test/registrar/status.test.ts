import { expect, test } from 'vitest';
import type { Status } from '../../src/registrar/documents.js';
import type { KeyMemory } from '../../src/registrar/pass/memory.js';
import { Counting } from '../../src/registrar/report/counters.js';
import { type StatusInput, statusOf } from '../../src/registrar/status.js';

const NOW = 1_000_000;
const unseen: KeyMemory = { state: { is: 'unseen' }, hasOwned: false, verified: null, sent: null };
const verified = (agoMs: number): KeyMemory => ({
	...unseen,
	state: { is: 'registered' },
	hasOwned: true,
	verified: { value: 'v', under: '7', atMs: NOW - agoMs },
});
const held: KeyMemory = { ...unseen, state: { is: 'standing-by', lease: '9' } };
const denied: KeyMemory = { ...unseen, state: { is: 'denied', why: 'permission-denied', triedMs: 0 } };

interface Case extends Partial<Omit<StatusInput, 'wanted' | 'memory'>> {
	readonly wanted?: Readonly<Record<string, string | null>>;
	readonly memory?: Readonly<Record<string, KeyMemory>>;
}

function status({ wanted = { a: 'v' }, memory = {}, ...rest }: Case): Status {
	return statusOf({
		phase: 'running',
		wanted: new Map(Object.entries(wanted)),
		memory: { of: (key: string) => memory[key] ?? unseen },
		owner: new Map([['a', { service: 'user', addr: '10.0.0.5:80' }]]),
		withdrawnBecause: null,
		version: '1.2.3',
		lease: { id: '7', hex: '7', ttlSeconds: 5, keys: 1 },
		leases: [{ id: '7', hex: '7', ttlSeconds: 5, keys: 1 }],
		endpoint: null,
		endpoints: ['http://10.0.0.1:2379'],
		leaseEndsMs: () => NOW + 3_340,
		intervalMs: 5_000,
		lastPass: { beganMs: NOW - 100, durationMs: 2, ok: true },
		passBeganMs: NOW - 100,
		startedMs: NOW - 100,
		lastError: null,
		counters: new Counting().now(),
		nowMs: NOW,
		weights: [],
		paused: [],
		kept: [],
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
		{ memory: { a: { ...verified(10), state: { is: 'wrong', isAbsent: true } } } },
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
	['superseded by another', { memory: { a: { ...held, hasOwned: true } } }, 'standing-by', false, true],
	[
		'one of two superseded',
		{ wanted: { a: 'v', b: 'v' }, memory: { a: verified(10), b: held } },
		'standing-by',
		false,
		true,
	],
	['denied', { memory: { a: denied } }, 'degraded', false, true],
	[
		'one of two denied',
		{ wanted: { a: 'v', b: 'v' }, memory: { a: verified(10), b: denied } },
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
		memory: KeyMemory,
		state: Status['keys'][number]['state'],
	]
>([
	['wanted and not seen yet', 'v', unseen, 'pending'],
	['wanted and verified', 'v', verified(10), 'registered'],
	[
		'wanted, verified once, found wrong',
		'v',
		{ ...verified(10), state: { is: 'wrong', isAbsent: true } },
		'wrong',
	],
	['wanted, and verified longer than two intervals ago', 'v', verified(10_001), 'unverified'],
	['wanted and held by another', 'v', held, 'standing-by'],
	['wanted and denied', 'v', denied, 'denied'],
	['not wanted and gone', null, unseen, 'withdrawn'],
	['not wanted and still there', null, verified(10), 'registered'],
])('a key that is %s', (_sentence, desired, memory, state) => {
	expect(status({ wanted: { a: desired }, memory: { a: memory } }).keys).toMatchObject([
		{ key: 'a', service: 'user', addr: '10.0.0.5:80', state },
	]);
});

test('the reason names the key and what was last heard of etcd', () => {
	expect(status({ lastError: 'connection refused' }).reason).toContain('connection refused');
	expect(status({ memory: { a: held } }).reason).toContain('a');
	expect(status({ wanted: { a: null }, withdrawnBecause: 'user: the tank is empty' }).reason).toContain(
		'the tank is empty',
	);
});

test('a lease is shown as decimal text, and as etcdctl prints it', () => {
	const lease = { id: '7587880000000000255', ttlSeconds: 5, keys: 1 };
	const shown = { id: lease.id, hex: '694d90a85e4a80ff' };
	expect(status({ leases: [lease] })).toMatchObject({ lease: shown, leases: [shown] });
});

test('what is shown is plain: it can be written as JSON and read again', () => {
	const shown = status({ memory: { a: verified(1_234.567) } });
	expect(JSON.parse(JSON.stringify(shown)).keys).toEqual([
		{
			...{ key: 'a', service: 'user', addr: '10.0.0.5:80', state: 'registered', verifiedAgoMs: 1_235 },
			...{ value: 'v', lease: '7' },
		},
	]);
	expect(shown).toMatchObject({
		version: '1.2.3',
		lease: { id: '7', hex: '7', ttlSeconds: 5, keys: 1 },
		leases: [{ id: '7', hex: '7', ttlSeconds: 5, keys: 1 }],
		endpoint: null,
		intervalMs: 5_000,
		lastPass: { agoMs: 100, durationMs: 2, ok: true },
	});
	expect(status({ leases: [], lastPass: null })).toMatchObject({ lease: null, lastPass: null });
});
