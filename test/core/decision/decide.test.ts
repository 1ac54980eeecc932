import { expect, test } from 'vitest';
import {
	type Decision,
	decide,
	type Holder,
	type Standpoint,
	type Tenure,
	type Verdict,
} from '../../../src/core/decision/decide.js';
import { CONFLICT_POLICIES, type ConflictPolicy, type ObservedKey } from '../../../src/core/registration.js';

const HOLDERS: readonly Holder[] = [
	'our current lease',
	'an older lease of ours',
	'no lease',
	'a foreign lease',
];
const TENURES: readonly Tenure[] = ['claiming', 'held'];
const VERDICTS: readonly Verdict[] = ['unknown', 'renewed', 'dead'];

const WANTED = 'a:1';
const seen = (value: string): ObservedKey => ({ value, lease: '7', modRevision: '3' });

/** Every standpoint with this holder: where a row says nothing of tenure, policy and verdict, it holds for all of them. */
const standpoints = (holder: Holder): Standpoint[] =>
	TENURES.flatMap((tenure) =>
		CONFLICT_POLICIES.flatMap((policy) => VERDICTS.map((verdict) => ({ holder, tenure, policy, verdict }))),
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
	readonly [sentence: string, policy: ConflictPolicy, tenure: Tenure, verdict: Verdict, decision: Decision]
>([
	[
		'take-over: who claims the key takes it from an unknown one',
		'take-over',
		'claiming',
		'unknown',
		put('foreign_lease'),
	],
	[
		'take-over: who claims the key takes it from a live one, being the latest starter',
		'take-over',
		'claiming',
		'renewed',
		put('foreign_lease'),
	],
	[
		'take-over: who claims the key takes it from a dead one',
		'take-over',
		'claiming',
		'dead',
		put('foreign_lease'),
	],
	['take-over: who had the key is superseded by an unknown one', 'take-over', 'held', 'unknown', standBy],
	['take-over: who had the key is superseded by a live one', 'take-over', 'held', 'renewed', standBy],
	[
		'take-over: who had the key takes it back from a dead one',
		'take-over',
		'held',
		'dead',
		put('foreign_lease'),
	],
	['wait: who claims the key waits for an unknown one', 'wait', 'claiming', 'unknown', standBy],
	['wait: who claims the key waits for a live one', 'wait', 'claiming', 'renewed', standBy],
	['wait: who claims the key takes it from a dead one', 'wait', 'claiming', 'dead', put('foreign_lease')],
	['wait: who had the key waits for an unknown one', 'wait', 'held', 'unknown', standBy],
	['wait: who had the key waits for a live one', 'wait', 'held', 'renewed', standBy],
	['wait: who had the key takes it back from a dead one', 'wait', 'held', 'dead', put('foreign_lease')],
	['fail: who claims the key looks again while it is unknown', 'fail', 'claiming', 'unknown', standBy],
	['fail: who never had the key gives up before a live one', 'fail', 'claiming', 'renewed', giveUp],
	['fail: who claims the key takes it from a dead one', 'fail', 'claiming', 'dead', put('foreign_lease')],
	['fail: who had the key stands by for an unknown one', 'fail', 'held', 'unknown', standBy],
	['fail: a twin that starts weeks later does not kill who had the key', 'fail', 'held', 'renewed', standBy],
	['fail: who had the key takes it back from a dead one', 'fail', 'held', 'dead', put('foreign_lease')],
])('%s', (_sentence, policy, tenure, verdict, decision) => {
	const standpoint: Standpoint = { holder: 'a foreign lease', policy, tenure, verdict };
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
