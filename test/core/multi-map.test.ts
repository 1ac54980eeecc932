import { expect, test } from 'vitest';
import { MultiMap } from '../../src/core/multi-map.js';

test.each([
	{ is: 'nothing was added', did: [], has: [] },
	{ is: 'one', did: ['+a'], has: ['a'] },
	{ is: 'one, twice', did: ['+a', '+a'], has: ['a'] },
	{ is: 'one, added twice and deleted once', did: ['+a', '+a', '-a'], has: [] },
	{ is: 'several, in the order of adding', did: ['+b', '+a', '+c', '+a'], has: ['b', 'a', 'c'] },
	{ is: 'one of several is deleted', did: ['+a', '+b', '+c', '-a'], has: ['b', 'c'] },
	{ is: 'one of two is deleted, and the other', did: ['+a', '+b', '-a', '-b'], has: [] },
	{ is: 'one after several are gone', did: ['+a', '+b', '-b', '-a', '+c'], has: ['c'] },
	{ is: 'what was never added is deleted', did: ['+a', '-b'], has: ['a'] },
])('under a key: $is', ({ did, has }) => {
	const map = new MultiMap<string, string>();
	map.add('other', 'z');
	for (const [how, value = ''] of did) how === '+' ? map.add('key', value) : map.delete('key', value);
	expect([...map.of('key')]).toEqual(has);
	expect([...map.of('other')]).toEqual(['z']);
});
