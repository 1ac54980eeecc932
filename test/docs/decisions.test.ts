/**
 * The tables "it finds the key" of the README and of the policies, row by row, against the decision of a
 * pass.
 */
import { describe, expect, test } from 'vitest';
import { type Decision, decide, type Holder, type Standpoint } from '../../src/core/decision/decide.js';
import { CONFLICT_POLICIES, type ConflictPolicy, type ObservedKey } from '../../src/core/registration.js';
import { bare, page, rowsOf } from './markdown.js';

const VALUE = '10.0.0.5:8080';
const observed: ObservedKey = { value: VALUE, lease: '1', modRevision: '1' };
const standpoint: Standpoint = {
	...{ holder: 'our current lease', hasOwned: true, policy: 'take-over', liveness: 'alive' },
};

describe('what it finds, what it does', () => {
	const rows = new Map(
		rowsOf([page('README.md')], 'it finds the key').map(([found = '', ...does]) => [found, does]),
	);
	const words: Readonly<Record<Decision['act'], RegExp>> = {
		nothing: /^does nothing/,
		put: /^(?:registers|rewrites|moves|puts) it/,
		delete: /^removes it/,
		'stand by': /`SERVICE_ON_CONFLICT`/,
		'give up': /`SERVICE_ON_CONFLICT`/,
	};

	test.each<[string, Holder | null]>([
		['absent', null],
		['under its current lease', 'our current lease'],
		['under an older lease of its own', 'an older lease of ours'],
		['under no lease', 'no lease'],
		['under the lease of another process', 'a foreign lease'],
	])('%s', (found, holder) => {
		const at = { ...standpoint, holder: holder ?? 'no lease' };
		const decisions = [VALUE, 'another', null].map((desired) =>
			decide(desired, holder === null ? null : observed, at),
		);
		const does = rows.get(found) ?? [];
		expect(does).toHaveLength(decisions.length);
		for (const [column, { act }] of decisions.entries()) expect(does[column]).toMatch(words[act]);
	});

	test('there are no other rows', () => expect(rows.size).toBe(5));
});

describe('policies', () => {
	const rows = rowsOf([page('docs/ownership.md')], 'policy');
	const acts = (policy: ConflictPolicy, hasOwned: boolean) =>
		(['unknown', 'alive', 'expired'] as const).map(
			(liveness) => decide(VALUE, observed, { holder: 'a foreign lease', policy, hasOwned, liveness }).act,
		);

	test.each(CONFLICT_POLICIES)('%s', (policy) => {
		const [, never = '', had = ''] = rows.find(([cell = '']) => bare(cell).startsWith(policy)) ?? [];
		const [unknown, alive] = acts(policy, false);
		expect(never).toMatch(unknown === 'put' ? /^takes it/ : /^stands by/);
		expect(never.includes('exit code 75')).toBe(alive === 'give up');
		expect(acts(policy, true).slice(0, 2)).toEqual(['stand by', 'stand by']);
		expect(had).toBe('stands by');
		// Whatever the policy says, the key of a dead holder is taken.
		expect([acts(policy, false)[2], acts(policy, true)[2]]).toEqual(['put', 'put']);
	});
});
