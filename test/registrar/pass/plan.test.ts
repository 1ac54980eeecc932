import { expect, test } from 'vitest';
import type { Liveness } from '../../../src/core/decision/decide.js';
import type { ConflictPolicy, Observed } from '../../../src/core/registration.js';
import type { KeyMemory } from '../../../src/registrar/pass/memory.js';
import { type Plan, plan } from '../../../src/registrar/pass/plan.js';

const CURRENT = '11';
const OLDER = '12';
const FOREIGN = '99';
const on = (lease: string | null, value = 'v', modRevision = '5'): Observed => ({
	value,
	lease,
	modRevision,
});
const held: KeyMemory = {
	state: { is: 'registered' },
	hasOwned: true,
	verified: { value: 'v', under: CURRENT, atMs: 0 },
	sent: null,
};
const unseen: KeyMemory = { state: { is: 'unseen' }, hasOwned: false, verified: null, sent: null };

interface Case {
	readonly wanted: Readonly<Record<string, string | null>>;
	readonly observed: Readonly<Record<string, Observed>>;
	readonly memory?: Readonly<Record<string, KeyMemory>>;
	readonly current?: string | null;
	readonly policy?: ConflictPolicy;
	readonly liveness?: Liveness;
}

function planned({
	wanted,
	observed,
	memory = {},
	current = CURRENT,
	policy = 'take-over',
	liveness = 'unknown',
}: Case): Plan {
	return plan({
		wanted: new Map(Object.entries(wanted)),
		observed: new Map(Object.entries(observed)),
		memory: { of: (key) => memory[key] ?? unseen },
		leases: {
			of: () => (current === null ? null : { id: current }),
			isOurs: (lease) => [CURRENT, OLDER].includes(lease),
		},
		policy,
		liveness: () => liveness,
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
		{ wanted: { a: 'v' }, observed: { a: null } },
		{ writes: [put('a', 'absent', '0')] as Plan['writes'], verified: [], lost: [] },
	],
	[
		'what is there is put or taken away, guarded by the revision that was seen',
		{ wanted: { a: 'new', b: null }, observed: { a: on(CURRENT), b: on(CURRENT, 'v', '6') } },
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
			observed: { a: on(CURRENT), b: on(OLDER), c: null, d: on(null) },
		},
		{
			writes: [
				put('c', 'absent', '0'),
				put('b', 'older_lease', '5'),
				put('d', 'no_lease', '5'),
				{ op: 'delete', key: 'a', ifModRevision: '5' },
			] as Plan['writes'],
		},
	],
	[
		'what is as wanted is verified, and nothing is written',
		{ wanted: { a: 'v', b: null }, observed: { a: on(CURRENT), b: null } },
		{ writes: [], verified: [{ key: 'a', value: 'v', lease: CURRENT }], absentAsWanted: ['b'], lost: [] },
	],
	[
		'a key on another or on no lease is none of ours, and as good as absent when it is not wanted',
		{ wanted: { a: null, b: null }, observed: { a: on(FOREIGN), b: on(null) } },
		{ writes: [], absentAsWanted: ['a', 'b'] },
	],
	[
		'a key that could not be read is left out',
		{ wanted: { a: 'v', b: 'v' }, observed: { b: on(CURRENT) } },
		{ writes: [], verified: [{ key: 'b', value: 'v', lease: CURRENT }] },
	],
	[
		'the only key was verified under our lease and is absent: the lease is not to be trusted',
		{ wanted: { a: 'v' }, observed: { a: null }, memory: { a: held } },
		{ lost: [CURRENT] },
	],
	[
		'all keys went together: the lease is not to be trusted',
		{ wanted: { a: 'v', b: 'v' }, observed: { a: null, b: null }, memory: { a: held, b: held } },
		{ lost: [CURRENT] },
	],
	[
		'one of several went: another still hangs on the lease, which is good then',
		{ wanted: { a: 'v', b: 'v' }, observed: { a: null, b: on(CURRENT) }, memory: { a: held, b: held } },
		{ lost: [] },
	],
	[
		'one that is going still hangs on the lease: that is proof enough',
		{ wanted: { a: 'v', b: null }, observed: { a: null, b: on(CURRENT) }, memory: { a: held, b: held } },
		{ lost: [] },
	],
	[
		'one with a wrong value still hangs on the lease: that is proof enough',
		{ wanted: { a: 'v', b: 'v' }, observed: { a: null, b: on(CURRENT, 'x') }, memory: { a: held, b: held } },
		{ lost: [] },
	],
	[
		'the others have become foreign: nothing of ours hangs on the lease',
		{ wanted: { a: 'v', b: 'v' }, observed: { a: null, b: on(FOREIGN) }, memory: { a: held, b: held } },
		{ lost: [CURRENT] },
	],
	[
		'a key that was never there says nothing of the lease',
		{ wanted: { a: 'v' }, observed: { a: null }, memory: {} },
		{ lost: [] },
	],
	[
		'a key last seen under an older lease says nothing of the current one',
		{
			wanted: { a: 'v' },
			observed: { a: null },
			memory: { a: { ...held, verified: { value: 'v', under: OLDER, atMs: 0 } } },
		},
		{ lost: [] },
	],
	[
		'without a current lease there is none to mistrust',
		{ wanted: { a: 'v' }, observed: { a: null }, memory: { a: held }, current: null },
		{ lost: [] },
	],
	[
		'one that could not be read may still hang on the lease',
		{ wanted: { a: 'v', b: 'v' }, observed: { a: null }, memory: { a: held, b: held } },
		{ lost: [] },
	],
	[
		'a value that is too large to be read is not the wanted one',
		{ wanted: { a: 'v' }, observed: { a: { value: null, lease: CURRENT, modRevision: '5' } } },
		{ writes: [put('a', 'value_drift', '5')] as Plan['writes'] },
	],
	[
		'a key that is absent as wanted says nothing of the lease',
		{ wanted: { a: null }, observed: { a: null }, memory: { a: held } },
		{ lost: [] },
	],
	[
		'without a current lease a key on one of ours is moved',
		{ wanted: { a: 'v' }, observed: { a: on(CURRENT) }, current: null },
		{ writes: [put('a', 'older_lease', '5')] as Plan['writes'] },
	],
	[
		'a foreign key is stood by when we had it',
		{ wanted: { a: 'v' }, observed: { a: on(FOREIGN) }, memory: { a: held }, liveness: 'alive' },
		{ writes: [], standingBy: [{ key: 'a', lease: FOREIGN }], conflict: null },
	],
	[
		'a foreign key is taken by whoever starts later',
		{ wanted: { a: 'v' }, observed: { a: on(FOREIGN) }, liveness: 'alive' },
		{ writes: [put('a', 'foreign_lease', '5')] as Plan['writes'], standingBy: [] },
	],
	[
		'under fail a live foreign lease is a conflict',
		{ wanted: { a: 'v', b: 'v' }, observed: { a: on(FOREIGN), b: null }, policy: 'fail', liveness: 'alive' },
		{ conflict: { key: 'a', lease: FOREIGN } },
	],
])('%s', (_sentence, input, expected) => {
	expect(planned(input)).toMatchObject(expected);
});
