import { describe, expect, test } from 'vitest';
import {
	answered,
	type CompleteAnswer,
	continues,
	difference,
	failed,
	type InstancesView,
	NOTHING,
} from '../../src/discovery/view.js';
import { anInstance } from './instance.js';

const GRACE = 10_000;

/** `{ a: 3 }` = key a, written at revision 3; a negative number = a value that is no instance. */
type Keys = Readonly<Record<string, number>>;

function answer(
	revision: number,
	keys: Keys,
	more: Partial<Record<'clusterId' | 'term', number>> = {},
): CompleteAnswer {
	return {
		clusterId: String(more.clusterId ?? 1),
		revision: BigInt(revision),
		term: BigInt(more.term ?? 2),
		entries: new Map(
			Object.entries(keys).map(([key, modRevision]) => [
				key,
				{ modRevision: String(Math.abs(modRevision)), instance: modRevision < 0 ? null : anInstance(key) },
			]),
		),
	};
}

const keys = (view: InstancesView): string => view.instances.map(({ key }) => key).join();

type Step = CompleteAnswer | 'away' | { readonly after: number; readonly answer: CompleteAnswer };

/**
 * Each step is an answer, or 'away'; a second apart unless `after` says otherwise. Told: the keys that are
 * known after each.
 */
function story(...steps: readonly Step[]): string[] {
	let view = NOTHING;
	let now = 0;
	return steps.map((step) => {
		now += typeof step === 'object' && 'after' in step ? step.after : 1_000;
		if (step === 'away') view = failed(view);
		else view = answered(view, 'after' in step ? step.answer : step, now, GRACE);
		return `${keys(view)}${view.held === null ? '' : ` held: ${view.held.why}`}`;
	});
}

describe('what is believed', () => {
	const rows: [sentence: string, steps: Step[], expected: string[]][] = [
		['the first answer, also an empty one', [answer(1, {})], ['']],
		['an instance that comes, at once', [answer(5, { a: 3 }), answer(6, { a: 3, b: 6 })], ['a', 'a,b']],
		['one of several that goes, at once', [answer(5, { a: 3, b: 4 }), answer(6, { b: 4 })], ['a,b', 'b']],
		[
			'an outage changes nothing',
			[answer(5, { a: 3 }), 'away', 'away', answer(5, { a: 3 })],
			['a', 'a', 'a', 'a'],
		],
		[
			'all gone: only when it still is after the grace',
			[
				answer(5, { a: 3 }),
				answer(6, {}),
				{ after: GRACE - 1, answer: answer(7, {}) },
				{ after: 1, answer: answer(7, {}) },
			],
			['a', 'a held: empty', 'a held: empty', ''],
		],
		[
			'all gone and one back within the grace: that one, at once',
			[answer(5, { a: 3, b: 4 }), answer(7, {}), answer(8, { b: 8 })],
			['a,b', 'a,b held: empty', 'b'],
		],
		[
			'one gone and another one come in one answer: a rolling replacement',
			[answer(5, { a: 3 }), answer(7, { b: 7 })],
			['a', 'b'],
		],
		[
			'all keys are values that are no instance: as if all were gone',
			[answer(5, { a: 3 }), answer(6, { a: -6 })],
			['a', 'a held: empty'],
		],
		[
			'a wiped etcd that fills bit by bit: nothing is lost',
			[
				answer(50, { a: 30, b: 31, c: 32 }),
				'away',
				answer(1, {}),
				answer(3, { b: 2 }),
				answer(5, { b: 2, c: 4 }),
				answer(6, { a: 6, b: 2, c: 4 }),
				answer(7, { b: 2, c: 4 }),
			],
			['a,b,c', 'a,b,c', 'a,b,c held: history', 'a,b,c held: history', 'a,b,c held: history', 'a,b,c', 'b,c'],
		],
		[
			'a wiped etcd: what comes is believed at once, what does not come back is gone after the grace',
			[
				answer(50, { a: 30, b: 31 }),
				answer(2, { n: 2 }),
				{ after: GRACE - 1, answer: answer(3, { n: 2, b: 3 }) },
				{ after: 1, answer: answer(3, { n: 2, b: 3 }) },
			],
			['a,b', 'a,b,n held: history', 'a,b,n held: history', 'b,n'],
		],
		[
			'a wiped etcd whose revision has passed the old one is told by what was written at revisions that are known',
			[answer(5, { a: 3, b: 4 }), answer(9, { a: 4, x: 8 })],
			['a,b', 'a,b,x held: history'],
		],
		[
			'an etcd wiped a second time: the grace begins anew',
			[
				answer(50, { a: 30, b: 31 }),
				answer(9, { a: 9 }),
				{ after: GRACE - 1, answer: answer(2, {}) },
				{ after: GRACE - 1, answer: answer(2, {}) },
				{ after: 1, answer: answer(2, {}) },
			],
			['a,b', 'a,b held: history', 'a,b held: history', 'a,b held: history', ''],
		],
		[
			'another cluster, with a higher revision',
			[answer(5, { a: 3 }), answer(90, { b: 80 }, { clusterId: 7 })],
			['a', 'a,b held: history'],
		],
		[
			'a raft term that goes back, with a higher revision',
			[answer(5, { a: 3 }, { term: 9 }), answer(90, { b: 80 }, { term: 2 })],
			['a', 'a,b held: history'],
		],
		[
			'a restored snapshot: those that came after it stay until they are back',
			[answer(50, { a: 30, b: 45 }), answer(40, { a: 30 }), answer(41, { a: 30, b: 41 })],
			['a,b', 'a,b held: history', 'a,b'],
		],
		[
			'empty after an outage: it may be filling, so what comes back first does not take the others away',
			[answer(5, { a: 3, b: 4 }), 'away', answer(5, {}), answer(6, { a: 6 })],
			['a,b', 'a,b', 'a,b held: history', 'a,b held: history'],
		],
	];
	test.each(rows)('%s', (_sentence, steps, expected) => {
		expect(story(...steps)).toEqual(expected);
	});

	test('a grace of nothing believes everything at once', () => {
		const full = answered(NOTHING, answer(5, { a: 3 }), 0, 0);
		expect(keys(answered(full, answer(1, {}), 1, 0))).toBe('');
	});
});

describe('one history', () => {
	const last = answer(10, { a: 3, b: -9 });
	const rows: [string, CompleteAnswer, boolean][] = [
		['the same answer', answer(10, { a: 3, b: -9 }), true],
		['a key written after it', answer(11, { a: 11, b: -9 }), true],
		['a key deleted after it', answer(11, { a: 3 }), true],
		['a value that is no instance, rewritten after it', answer(11, { a: 3, b: 11 }), true],
		['a new leader', answer(11, { a: 3, b: -9 }, { term: 3 }), true],
		['a revision that goes back', answer(9, { a: 3 }), false],
		['a key that should have been there', answer(12, { a: 3, c: 5 }), false],
		['a key written at another known revision', answer(12, { a: 4, b: -9 }), false],
	];
	test.each(rows)('%s', (_sentence, next, expected) => {
		expect(continues(last, next)).toBe(expected);
	});
});

describe('what changes', () => {
	const one = answered(NOTHING, answer(5, { b: 3, a: 4 }), 0, GRACE);

	test('the instances are sorted and frozen', () => {
		expect(keys(one)).toBe('a,b');
		expect(Object.isFrozen(one.instances)).toBe(true);
	});

	test('an instance written again as it was is no change, and neither is the array', () => {
		const again = answered(one, answer(7, { a: 7, b: 6 }), 1, GRACE);
		expect(again.instances).toBe(one.instances);
	});

	test('weight and metadata count', () => {
		const heavier = { ...anInstance('a'), weight: 1 };
		const tagged = { ...anInstance('b'), metadata: { zone: 'b' } };
		const next = answer(7, {});
		const entries = new Map([
			['a', { modRevision: '6', instance: heavier }],
			['b', { modRevision: '7', instance: tagged }],
			['c', { modRevision: '7', instance: anInstance('c') }],
		]);
		const now = answered(one, { ...next, entries }, 1, GRACE);
		expect(difference(one.instances, now.instances)).toEqual({
			added: [anInstance('c')],
			removed: [],
			changed: [heavier, tagged],
		});
		expect(difference(now.instances, one.instances).removed).toEqual([anInstance('c')]);
	});
});
