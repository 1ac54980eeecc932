import { expect, test } from 'vitest';
import { LeaseIds, leaseHex } from '../../src/core/lease-id.js';

const LARGEST = 2n ** 63n - 1n;
const sequence = (...numbers: number[]) => {
	let at = 0;
	return () => numbers[at++ % numbers.length] ?? 0;
};

test.each([
	['all bits zero', 0],
	['all bits one', 1 - Number.EPSILON / 2],
	['something between', 0.123_456_789],
])('every ID is a positive int64, whatever chance gives: %s', (_name, random) => {
	const ids = new LeaseIds(() => random);
	for (let n = 0; n < 70_000; n += 1) {
		const id = BigInt(ids.next());
		if (id <= 0n || id > LARGEST) throw new Error(`${id} is no lease ID`);
	}
});

test('no ID comes twice within 65,536 grants', () => {
	const ids = new LeaseIds(Math.random);
	expect(new Set(Array.from({ length: 65_536 }, () => ids.next())).size).toBe(65_536);
});

test('it knows its own IDs, also those that come round again', () => {
	const ids = new LeaseIds(sequence(0.3, 0.7));
	for (let n = 0; n < 65_540; n += 1) if (!ids.isOurs(ids.next())) throw new Error(`${n} is not ours`);
});

test.each([
	['the largest lease', LARGEST.toString()],
	['the smallest one', '1'],
	['a negative one, which etcd takes as well', '-1'],
	['the neighbour below', (prefix: bigint) => (((prefix - 1n) << 16n) | 0xffffn).toString()],
	['the neighbour above', (prefix: bigint) => ((prefix + 1n) << 16n).toString()],
])('a lease of somebody else is not ours: %s', (_name, other) => {
	const ids = new LeaseIds(sequence(0.3, 0.7));
	const prefix = BigInt(ids.next()) >> 16n;
	expect(ids.isOurs(typeof other === 'string' ? other : other(prefix))).toBe(false);
});

test('processes differ in every part of the prefix that chance gives', () => {
	const prefixes = Array.from({ length: 2_000 }, () => BigInt(new LeaseIds(Math.random).next()) >> 16n);
	expect(new Set(prefixes).size).toBe(2_000);
	for (let bit = 0n; bit < 47n; bit += 1n) {
		const ones = prefixes.filter((prefix) => (prefix >> bit) & 1n).length;
		// A fair coin thrown 2,000 times falls outside of this once in 10^17 tests.
		expect(ones).toBeGreaterThan(800);
		expect(ones).toBeLessThan(1_200);
	}
});

test.each([
	['7587865493241651204', '694d8376c01ce004'],
	['255', 'ff'],
	['9223372036854775807', '7fffffffffffffff'],
	['-1', 'ffffffffffffffff'],
])('%s is written %s, as etcdctl does', (id, hex) => {
	expect(leaseHex(id)).toBe(hex);
});
