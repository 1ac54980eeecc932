import { expect, test } from 'vitest';
import { guardedLogger } from '../../../src/core/log/logger.js';
import type { Logger } from '../../../src/registrar/ports.js';
import { thenable } from '../../support/thenable.js';

const reasons: unknown[] = [];
const onUnhandled = (reason: unknown) => void reasons.push(reason);

test.each([
	[
		'throws',
		() => {
			throw new Error('full');
		},
	],
	['rejects', () => Promise.reject(new Error('full'))],
	['rejects in a way of its own', () => thenable((_, reject) => reject(new Error('full')))],
	[
		'returns something odd',
		() =>
			Object.defineProperty({}, 'then', {
				get: () => {
					throw new Error('odd');
				},
			}),
	],
])('a logger that %s costs its line and nothing else', async (_how, log) => {
	process.on('unhandledRejection', onUnhandled);
	const line = log as () => void;
	const logger: Logger = guardedLogger({ debug: line, info: line, warn: line, error: line });
	for (const level of ['debug', 'info', 'warn', 'error'] as const)
		expect(logger[level]('a line')).toBeUndefined();
	await new Promise((resolve) => setImmediate(resolve));
	process.off('unhandledRejection', onUnhandled);
	expect(reasons).toEqual([]);
});
