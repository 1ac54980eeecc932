import { expect, test } from 'vitest';
import { Memory } from '../../../src/registrar/pass/memory.js';

test('denied keys come in the order in which they were tried, whatever order they were denied in', () => {
	const memory = new Memory();
	for (const [key, triedMs] of Object.entries({ b: 30, a: 10, d: 40, c: 20 }))
		memory.refused(key, 'permission-denied', triedMs);
	expect(memory.denied()).toEqual(['a', 'c', 'b', 'd']);
	memory.refused('a', 'permission-denied', 50);
	expect(memory.denied()).toEqual(['c', 'b', 'd', 'a']);
	memory.registered('b', 'v', '1', 60);
	expect(memory.denied()).toEqual(['c', 'd', 'a']);
	expect(memory.deniedCount).toBe(3);
});

test('a denied key that is found wrong stays denied', () => {
	const memory = new Memory();
	memory.refused('a', 'too-large', 1);
	memory.wrong('a', true);
	expect(memory.of('a').state).toEqual({ is: 'denied', why: 'too-large', triedMs: 1 });
});

test('a key that another process took over is not verified, and not ours to stand', () => {
	const memory = new Memory();
	memory.registered('a', 'v', '1', 1);
	expect([memory.isVerified('a'), memory.mayStand('a')]).toEqual([true, true]);
	memory.standingBy('a', '2');
	expect([memory.isVerified('a'), memory.mayStand('a')]).toEqual([false, false]);
	expect([...memory.holders()]).toEqual(['2']);
	memory.registered('b', 'v', '3', 1);
	expect([...memory.holders()]).toEqual(['2']);
});

test('a key that was put without an answer may stand', () => {
	const memory = new Memory();
	memory.sent('a', 'v');
	expect([memory.isVerified('a'), memory.mayStand('a'), memory.mayStand('b')]).toEqual([false, true, false]);
});
