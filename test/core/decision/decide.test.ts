import { expect, test } from 'vitest';
import {
	type Decision,
	decide,
	type Holder,
	type Liveness,
	type Standpoint,
} from '../../../src/core/decision/decide.js';
import { CONFLICT_POLICIES, type ConflictPolicy, type ObservedKey } from '../../../src/core/registration.js';

const HOLDERS: readonly Holder[] = [
	'our current lease',
	'an older lease of ours',
	'no lease',
	'a foreign lease',
];
const OWNED: readonly boolean[] = [false, true];
const LIVENESSES: readonly Liveness[] = ['unknown', 'alive', 'expired'];

const WANTED = 'a:1';
const seen = (value: string): ObservedKey => ({ value, lease: '7', modRevision: '3' });

/**
 * Every standpoint with this holder: where a row says nothing of hasOwned, policy and liveness, it holds for
 * all of them.
 */
const standpoints = (holder: Holder): Standpoint[] =>
	OWNED.flatMap((hasOwned) =>
		CONFLICT_POLICIES.flatMap((policy) =>
			LIVENESSES.map((liveness) => ({ holder, hasOwned, policy, liveness })),
		),
	);

const nothing: Decision = { act: 'nothing' };
const remove: Decision = { act: 'delete' };
const standBy: Decision = { act: 'stand by' };
const giveUp: Decision = { act: 'give up' };
const put = (reason: Extract<Decision, { act: 'put' }>['reason']): Decision => ({ act: 'put', reason });

test.each(HOLDERS)(
	'a wanted key that is absent is put, an unwanted one left absent (nothing hangs on %s)',
	(holder) => {
		for (const standpoint of standpoints(holder)) {
			expect(decide(WANTED, null, standpoint)).toEqual(put('absent'));
			expect(decide(null, null, standpoint)).toEqual(nothing);
		}
	},
);

test.each<readonly [sentence: string, holder: Holder, same: Decision, other: Decision, unwanted: Decision]>([
	[
		'under our current lease: in sync, rewritten, removed',
		'our current lease',
		nothing,
		put('value_drift'),
		remove,
	],
	[
		'under an older lease of ours: moved, rewritten, removed',
		'an older lease of ours',
		put('older_lease'),
		put('value_drift'),
		remove,
	],
	[
		'under no lease: adopted whatever it says, not ours to remove',
		'no lease',
		put('no_lease'),
		put('no_lease'),
		nothing,
	],
])('%s', (_sentence, holder, same, other, unwanted) => {
	for (const standpoint of standpoints(holder)) {
		expect(decide(WANTED, seen(WANTED), standpoint)).toEqual(same);
		expect(decide(WANTED, seen('b:2'), standpoint)).toEqual(other);
		expect(decide(null, seen(WANTED), standpoint)).toEqual(unwanted);
		expect(decide(null, seen('b:2'), standpoint)).toEqual(unwanted);
	}
});

test.each<
	readonly [
		sentence: string,
		policy: ConflictPolicy,
		hasOwned: boolean,
		liveness: Liveness,
		decision: Decision,
	]
>([
	[
		'take-over: who never had the key takes it from an unknown one',
		'take-over',
		false,
		'unknown',
		put('foreign_lease'),
	],
	[
		'take-over: who never had the key takes it from a live one, being the latest starter',
		'take-over',
		false,
		'alive',
		put('foreign_lease'),
	],
	[
		'take-over: who never had the key takes it from an expired one',
		'take-over',
		false,
		'expired',
		put('foreign_lease'),
	],
	['take-over: who had the key is superseded by an unknown one', 'take-over', true, 'unknown', standBy],
	['take-over: who had the key is superseded by a live one', 'take-over', true, 'alive', standBy],
	[
		'take-over: who had the key takes it back from an expired one',
		'take-over',
		true,
		'expired',
		put('foreign_lease'),
	],
	['wait: who never had the key waits for an unknown one', 'wait', false, 'unknown', standBy],
	['wait: who never had the key waits for a live one', 'wait', false, 'alive', standBy],
	[
		'wait: who never had the key takes it from an expired one',
		'wait',
		false,
		'expired',
		put('foreign_lease'),
	],
	['wait: who had the key waits for an unknown one', 'wait', true, 'unknown', standBy],
	['wait: who had the key waits for a live one', 'wait', true, 'alive', standBy],
	['wait: who had the key takes it back from an expired one', 'wait', true, 'expired', put('foreign_lease')],
	['fail: who never had the key stands by while it is unknown', 'fail', false, 'unknown', standBy],
	['fail: who never had the key gives up before a live one', 'fail', false, 'alive', giveUp],
	[
		'fail: who never had the key takes it from an expired one',
		'fail',
		false,
		'expired',
		put('foreign_lease'),
	],
	['fail: who had the key stands by for an unknown one', 'fail', true, 'unknown', standBy],
	['fail: a twin that starts weeks later does not kill who had the key', 'fail', true, 'alive', standBy],
	['fail: who had the key takes it back from an expired one', 'fail', true, 'expired', put('foreign_lease')],
])('%s', (_sentence, policy, hasOwned, liveness, decision) => {
	const standpoint: Standpoint = { holder: 'a foreign lease', policy, hasOwned, liveness };
	expect(decide(WANTED, seen(WANTED), standpoint)).toEqual(decision);
	expect(decide(WANTED, seen('b:2'), standpoint)).toEqual(decision);
});

test('a key on a foreign lease that is not wanted is left alone, whoever holds it', () => {
	for (const standpoint of standpoints('a foreign lease'))
		expect(decide(null, seen(WANTED), standpoint)).toEqual(nothing);
});

test('the empty text is a value like any other', () => {
	const [standpoint] = standpoints('our current lease');
	if (standpoint === undefined) throw new Error('no standpoint');
	expect(decide('', seen(''), standpoint)).toEqual(nothing);
	expect(decide('', seen('a:1'), standpoint)).toEqual(put('value_drift'));
	expect(decide('', null, standpoint)).toEqual(put('absent'));
});
