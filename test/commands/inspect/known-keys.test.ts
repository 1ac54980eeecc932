import { expect, test } from 'vitest';
import type { CatalogEntry } from '../../../src/adapters/etcd/catalog.js';
import { KnownKeys } from '../../../src/commands/inspect/known-keys.js';

const entry = (key: string, changes: Partial<CatalogEntry> = {}): CatalogEntry => ({
	...{ key, value: Buffer.from('1'), lease: '7', modRevision: '10' },
	...changes,
});

const ROWS: readonly (readonly [
	sentence: string,
	before: readonly CatalogEntry[],
	now: readonly CatalogEntry[],
	told: readonly string[],
])[] = [
	['what is seen first is put', [], [entry('a'), entry('b')], ['put a', 'put b']],
	['what stays is not told', [entry('a')], [entry('a')], []],
	['what is gone is deleted, before what is new', [entry('b')], [entry('a')], ['delete b', 'put a']],
	['another revision is a put', [entry('a')], [entry('a', { modRevision: '11' })], ['put a']],
	[
		'a revision that comes back with another value is a put: etcd was wiped',
		[entry('a')],
		[entry('a', { value: Buffer.from('2') })],
		['put a'],
	],
	['so it is with another lease', [entry('a')], [entry('a', { lease: null })], ['put a']],
	['everything gone', [entry('a'), entry('b')], [], ['delete a', 'delete b']],
];
test.each(ROWS)('%s', (_sentence, before, now, told) => {
	const known = new KnownKeys(() => 0);
	known.settle(known.changes(before));
	expect(known.changes(now).map(({ event, entry: { key } }) => `${event} ${key}`)).toEqual(told);
});

test('what was not settled is told again', () => {
	const known = new KnownKeys(() => 0);
	expect(known.changes([entry('a')])).toHaveLength(1);
	expect(known.changes([entry('a')])).toHaveLength(1);
	known.settle(known.changes([entry('a')]));
	expect(known.changes([entry('a')])).toHaveLength(0);
});

test('a key that came while it watched is as old as it was seen; any other is at least that old', () => {
	let now = 100;
	const known = new KnownKeys(() => now);
	expect(known.firstSeen('old')).toBeNull();
	known.settle(known.changes([entry('old')]));
	known.complete();
	now = 105;
	expect(known.firstSeen('new')).toEqual({ seconds: 0, fromBirth: true });
	known.settle(known.changes([entry('old'), entry('new')]));
	now = 112;
	expect(known.firstSeen('old')).toEqual({ seconds: 12, fromBirth: false });
	expect(known.firstSeen('new')).toEqual({ seconds: 7, fromBirth: true });
});
