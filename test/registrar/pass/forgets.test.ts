import { expect, test } from 'vitest';
import { aStage, lines } from '../../support/memory/reconciling.js';

test('a key that was removed and is added again is wanted by a new starter: it takes the key that another process holds', async () => {
	const { etcd, start } = aStage();
	const process = start();
	await process.pass({ a: '1' });
	await process.pass({ a: null });
	await process.pass({ b: '1' });
	etcd.grant('77', 9);
	etcd.put('a', 'other', '77');
	expect(lines(await process.pass({ a: '2', b: '1' }))).toEqual(['registered a']);
	expect(etcd.get('a')).toMatchObject({ value: '2', lease: process.lease });
});

test('what was observed of a lease before another history began says nothing of it now', async () => {
	const { clock, etcd, start } = aStage();
	const process = start({ policy: 'fail' });
	etcd.grant('77', 9);
	etcd.put('a', 'other', '77');
	const restore = etcd.snapshot();
	clock.advance(1_000);
	expect(lines(await process.pass({ a: '1' }))).toEqual(['standing by a']);
	// The restored lease lives its whole time once more: in the same raft term, and nobody has renewed it.
	etcd.put('other', 'x');
	etcd.put('other', 'y');
	clock.advance(4_000);
	await process.pass({ a: '1' });
	restore();
	clock.advance(100);
	expect(lines(await process.pass({ a: '1' }))).toEqual(['history changed']);
	clock.advance(3_000);
	expect(lines(await process.pass({ a: '1' }))).toEqual([]);
});
