import { Writable } from 'node:stream';
import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { fromPino } from '../../../src/core/log/logger.js';

test('pino, as fastify has it, gets the fields first, and an error where it writes message and stack', () => {
	const lines: Record<string, unknown>[] = [];
	const sink = new Writable({
		write(chunk, _encoding, done) {
			lines.push(JSON.parse(String(chunk)));
			done();
		},
	});
	const logger = fromPino(fastify({ logger: { level: 'debug', stream: sink } }).log);
	logger.debug('plain');
	logger.info('registered', { key: 'a', error: undefined });
	logger.warn('failed', { key: 'b', error: new Error('no route') });
	logger.error('fault', {});
	expect(lines).toMatchObject([
		{ level: 20, msg: 'plain' },
		{ level: 30, msg: 'registered', key: 'a' },
		{
			level: 40,
			msg: 'failed',
			key: 'b',
			err: { message: 'no route', stack: expect.stringContaining('Error') },
		},
		{ level: 50, msg: 'fault' },
	]);
	expect(lines[1]).not.toHaveProperty('err');
});
