import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { until } from '../until.js';
import { Probes } from './probes.js';

test('an answer of 200 beside a key that was wrong for longer than two intervals is a lie, one beside a right key is none', async (context) => {
	const server = createServer((request, response) => {
		response.statusCode = request.url === '/livez' ? 503 : 200;
		response.end();
	}).listen(0, '127.0.0.1');
	context.onTestFinished(() => void server.close());
	await until(() => server.listening);
	const probes = new Probes(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
	context.onTestFinished(() => probes.stop());
	await until(() => probes.codes('/readyz').length > 0 && probes.codes('/livez').length > 0);
	expect([probes.codes('/readyz'), probes.codes('/livez')]).toEqual([[200], [503]]);
	const long = performance.now() - 60_000;
	const right = { atMs: long, mark: 'right' } as const;
	const wrong = (atMs: number, mark: 'wrong' | 'absent' | 'unseen') => ({ atMs, mark }) as const;
	expect(probes.lies({ changes: [right] }, 2_000)).toEqual([]);
	expect(probes.lies({ changes: [right, wrong(performance.now() - 1_000, 'wrong')] }, 2_000)).toEqual([]);
	expect(probes.lies({ changes: [right, wrong(long + 1, 'absent')] }, 2_000)).not.toEqual([]);
	// Unseen, then absent: one time without a right key.
	expect(
		probes.lies(
			{ changes: [right, wrong(long + 1, 'unseen'), wrong(performance.now() - 100, 'absent')] },
			2_000,
		),
	).not.toEqual([]);
	expect(probes.lies({ changes: [wrong(long, 'absent'), { atMs: long + 1, mark: 'right' }] }, 2_000)).toEqual(
		[],
	);
	// The eye may be a moment later than the answer, and no more.
	await probes.stop();
	expect(
		probes.lies(
			{ changes: [right, wrong(long + 1, 'absent'), { atMs: performance.now() + 2_000, mark: 'right' }] },
			2_000,
		),
	).not.toEqual([]);
});
