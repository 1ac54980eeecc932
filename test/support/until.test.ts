import { expect, test } from 'vitest';
import { freePort, isFree } from './network/net.js';
import { until } from './until.js';

test('waits until the condition is truthy and hands its value back; a throw means not yet', async () => {
	const tries = [() => null, () => Promise.reject(new Error('not yet')), () => 'here'];
	expect(await until(() => tries.shift()?.() ?? null, { everyMs: 1 })).toBe('here');
	expect(tries).toEqual([]);
});

test('gives up at the limit and tells what was waited for and why the last try failed', async () => {
	const failing = until(() => Promise.reject(new Error('down')), {
		limitMs: 20,
		everyMs: 1,
		what: 'the moon',
	});
	await expect(failing).rejects.toMatchObject({
		message: 'not within 20 ms: the moon',
		cause: { message: 'down' },
	});
});

test('ports given away are free and never given twice', async () => {
	const ports = await Promise.all(Array.from({ length: 20 }, freePort));
	expect(new Set(ports).size).toBe(20);
	expect(await isFree(ports[0] ?? 0)).toBe(true);
});
