import { expect, test } from 'vitest';
import type { Verdict } from '../../../src/core/decision/decide.js';
import type { ConflictPolicy, Observed } from '../../../src/core/registration.js';
import { type KeyMemory, Memory } from '../../../src/registrar/pass/memory.js';
import { type Plan, plan } from '../../../src/registrar/pass/plan.js';

const CURRENT = '11';
const OLDER = '12';
const FOREIGN = '99';
const on = (lease: string | null, value = 'v', modRevision = '5'): Observed => ({
	value,
	lease,
	modRevision,
});
const held = { tenure: 'held', verifiedValue: 'v', under: CURRENT } as const;

interface Case {
	readonly wanted: Readonly<Record<string, string | null>>;
	readonly look: Readonly<Record<string, Observed>>;
	readonly memory?: Readonly<Record<string, Partial<KeyMemory>>>;
	readonly current?: string | null;
	readonly policy?: ConflictPolicy;
	readonly verdict?: Verdict;
}

function planned({
	wanted,
	look,
	memory = {},
	current = CURRENT,
	policy = 'take-over',
	verdict = 'unknown',
}: Case): Plan {
	const known = new Memory();
	for (const [key, change] of Object.entries(memory)) known.change(key, change);
	return plan({
		wanted: new Map(Object.entries(wanted)),
		look: new Map(Object.entries(look)),
		memory: known,
		leases: {
			current: current === null ? null : { id: current },
			isOurs: (lease) => [CURRENT, OLDER].includes(lease),
		},
		policy,
		verdict: () => verdict,
	});
}

const put = (key: string, reason: string, ifModRevision: string, value = 'v') => ({
	op: 'put',
	key,
	value,
	reason,
	ifModRevision,
});

test.each<readonly [sentence: string, input: Case, expected: Partial<Plan>]>([
	[
		'what is absent is put, guarded by its absence',
		{ wanted: { a: 'v' }, look: { a: null } },
		{ writes: [put('a', 'absent', '0')] as Plan['writes'], verified: [], freshLease: false },
	],
	[
		'what is there is put or taken away, guarded by the revision that was seen',
		{ wanted: { a: 'new', b: null }, look: { a: on(CURRENT), b: on(CURRENT, 'v', '6') } },
		{
			writes: [
				put('a', 'value_drift', '5', 'new'),
				{ op: 'delete', key: 'b', ifModRevision: '6' },
			] as Plan['writes'],
		},
	],
	[
		'absent keys come first, then those to move, then those that go',
		{
			wanted: { a: null, b: 'v', c: 'v', d: 'v' },
			look: { a: on(CURRENT), b: on(OLDER), c: null, d: on(null) },
		},
		{
			writes: [
				put('c', 'absent', '0'),
				put('b', 'older_lease', '5'),
				put('d', 'no_lease', '5'),
				{ op: 'delete', key: 'a', ifModRevision: '5' },
			] as Plan['writes'],
			revived: [OLDER],
		},
	],
	[
		'what is as wanted is verified, and nothing is written',
		{ wanted: { a: 'v', b: null }, look: { a: on(CURRENT), b: null } },
		{ writes: [], verified: ['a'], absentAsWanted: ['b'], revived: [], freshLease: false },
	],
	[
		'a key on another or on no lease is none of ours, and as good as absent when it is not wanted',
		{ wanted: { a: null, b: null }, look: { a: on(FOREIGN), b: on(null) } },
		{ writes: [], absentAsWanted: ['a', 'b'] },
	],
	[
		'a key that could not be read is left out',
		{ wanted: { a: 'v', b: 'v' }, look: { b: on(CURRENT) } },
		{ writes: [], verified: ['b'] },
	],
	[
		'the only key was verified under our lease and is absent: the lease is not to be trusted',
		{ wanted: { a: 'v' }, look: { a: null }, memory: { a: held } },
		{ freshLease: true },
	],
	[
		'all keys went together: the lease is not to be trusted',
		{ wanted: { a: 'v', b: 'v' }, look: { a: null, b: null }, memory: { a: held, b: held } },
		{ freshLease: true },
	],
	[
		'one of several went: another still hangs on the lease, which is good then',
		{ wanted: { a: 'v', b: 'v' }, look: { a: null, b: on(CURRENT) }, memory: { a: held, b: held } },
		{ freshLease: false },
	],
	[
		'one that is going still hangs on the lease: that is proof enough',
		{ wanted: { a: 'v', b: null }, look: { a: null, b: on(CURRENT) }, memory: { a: held, b: held } },
		{ freshLease: false },
	],
	[
		'one with a wrong value still hangs on the lease: that is proof enough',
		{ wanted: { a: 'v', b: 'v' }, look: { a: null, b: on(CURRENT, 'x') }, memory: { a: held, b: held } },
		{ freshLease: false },
	],
	[
		'the others have become foreign: nothing of ours hangs on the lease',
		{ wanted: { a: 'v', b: 'v' }, look: { a: null, b: on(FOREIGN) }, memory: { a: held, b: held } },
		{ freshLease: true },
	],
	[
		'a key that was never there says nothing of the lease',
		{ wanted: { a: 'v' }, look: { a: null }, memory: {} },
		{ freshLease: false },
	],
	[
		'a key last seen under an older lease says nothing of the current one',
		{ wanted: { a: 'v' }, look: { a: null }, memory: { a: { ...held, under: OLDER } } },
		{ freshLease: false },
	],
	[
		'without a current lease there is none to mistrust',
		{ wanted: { a: 'v' }, look: { a: null }, memory: { a: held }, current: null },
		{ freshLease: false },
	],
	[
		'a key that is absent as wanted says nothing of the lease',
		{ wanted: { a: null }, look: { a: null }, memory: { a: held } },
		{ freshLease: false },
	],
	[
		'without a current lease a key on one of ours is moved',
		{ wanted: { a: 'v' }, look: { a: on(CURRENT) }, current: null },
		{ writes: [put('a', 'older_lease', '5')] as Plan['writes'], revived: [CURRENT] },
	],
	[
		'a foreign key is stood by when we had it',
		{ wanted: { a: 'v' }, look: { a: on(FOREIGN) }, memory: { a: held }, verdict: 'renewed' },
		{ writes: [], standingBy: [{ key: 'a', lease: FOREIGN }], conflict: null },
	],
	[
		'a foreign key is taken by whoever starts later',
		{ wanted: { a: 'v' }, look: { a: on(FOREIGN) }, verdict: 'renewed' },
		{ writes: [put('a', 'foreign_lease', '5')] as Plan['writes'], standingBy: [] },
	],
	[
		'under fail a live foreign lease is a conflict',
		{ wanted: { a: 'v', b: 'v' }, look: { a: on(FOREIGN), b: null }, policy: 'fail', verdict: 'renewed' },
		{ conflict: { key: 'a', lease: FOREIGN } },
	],
])('%s', (_sentence, input, expected) => {
	expect(planned(input)).toMatchObject(expected);
});
