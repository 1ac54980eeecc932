import { expect, test } from 'vitest';
import { StoreError } from '../../../src/core/errors.js';
import { Reader, type ReadOptions } from '../../../src/registrar/pass/read.js';
import type { Reading, Store } from '../../../src/registrar/ports.js';

const keys = (count: number) => Array.from({ length: count }, (_, n) => `k${n}`);

/** A reader of a store that answers with these revisions in turn, and what it asked for. */
function reading(revisions: readonly string[] = [], tooLarge: ReadonlySet<string> = new Set()) {
	const asked: (readonly string[])[] = [];
	const [atOnce, refused] = [[] as number[], [] as string[]];
	let [running, answered] = [0, 0];
	const read: Store['read'] = async (batch): Promise<Reading> => {
		asked.push(batch);
		running += 1;
		atOnce.push(running);
		const revision = revisions[asked.length - 1] ?? '1';
		await new Promise((resolve) => setImmediate(resolve));
		running -= 1;
		if (batch.some((key) => tooLarge.has(key))) throw new StoreError('too-large', 'too large');
		return { revision, clusterId: 'c', term: '1', keys: new Map(batch.map((key) => [key, null])) };
	};
	const options: ReadOptions = {
		bytesOf: () => 1,
		refused: (key) => void refused.push(key),
		answered: () => {
			answered += 1;
		},
	};
	return { reader: new Reader({ read } as Store), options, asked, atOnce, refused, told: () => answered };
}

test('the first batch is read alone, then eight at once', async () => {
	const { reader, options, asked, atOnce, told } = reading();
	const found = await reader.read(keys(1_200), options);
	expect(asked.map((batch) => batch.length)).toEqual(Array.from({ length: 12 }, () => 100));
	expect(atOnce.slice(0, 2)).toEqual([1, 1]);
	expect(Math.max(...atOnce)).toBe(8);
	expect(found.keys.size).toBe(1_200);
	expect(told()).toBe(1);
});

test('apart, each key is a read of its own, 32 at once', async () => {
	const { reader, options, asked, atOnce } = reading();
	await reader.read(keys(40), { ...options, apart: true });
	expect(asked.every((batch) => batch.length === 1)).toBe(true);
	expect(Math.max(...atOnce)).toBe(32);
});

test('the newest revision of all reads counts, as a number', async () => {
	const { reader, options } = reading(['9', '10', '8', '10', '2']);
	expect((await reader.read(keys(500), options)).revision).toBe('10');
});

test('without a key nothing is read, and nothing is known', async () => {
	const { reader, options, told } = reading();
	expect(await reader.read([], options)).toMatchObject({ revision: null, clusterId: null });
	expect(told()).toBe(0);
});

test('keys of a batch that was too large travel in smaller ones, until they are forgotten', async () => {
	const { reader, options, asked, refused } = reading([], new Set(['k1']));
	await reader.read(keys(4), options);
	expect(refused).toEqual(['k1']);
	const sizes = async () => {
		asked.length = 0;
		await reader.read(['k0', 'k2', 'k3'], options);
		return asked.map((batch) => batch.length);
	};
	expect(await sizes()).toEqual([2, 1]);
	reader.keepOnly(new Set(['k1']));
	expect(await sizes()).toEqual([3]);
});
