import { expect, test } from 'vitest';
import { Emitter } from '../../../src/registrar/report/emitter.js';
import { aLogger } from '../../support/logger.js';
import { thenable } from '../../support/thenable.js';

test('every listener of the event hears it, in order, and no other', () => {
	const emitter = new Emitter(aLogger().logger);
	const heard: string[] = [];
	emitter.on('withdrawn', ({ key }) => heard.push(`first ${key}`));
	emitter.on('withdrawn', ({ key }) => heard.push(`second ${key}`));
	emitter.on('stopped', () => heard.push('stopped'));
	emitter.emit('withdrawn', { key: 'a' });
	expect(heard).toEqual(['first a', 'second a']);
});

test('an event without listeners harms nobody', () => {
	expect(() => new Emitter(aLogger().logger).emit('degraded', { error: new Error('x') })).not.toThrow();
});

test('a listener that throws is logged, and the others hear the event', () => {
	const { logger, lines } = aLogger();
	const emitter = new Emitter(logger);
	const heard: string[] = [];
	const error = new Error('deaf');
	emitter.on('withdrawn', () => {
		throw error;
	});
	emitter.on('withdrawn', ({ key }) => heard.push(key));
	emitter.emit('withdrawn', { key: 'a' });
	expect(heard).toEqual(['a']);
	expect(lines).toEqual([
		{ level: 'error', message: 'a listener threw', fields: { event: 'withdrawn', error } },
	]);
});

test.each([
	['a promise', (error: Error) => Promise.reject(error)],
	['something like a promise', (error: Error) => thenable((_, reject) => reject(error))],
	[
		'something like a promise that throws',
		(error: Error) =>
			thenable(() => {
				throw error;
			}),
	],
])(
	'a listener that returns %s that rejects is logged as well, and ends no process',
	async (_what, reject) => {
		const { logger, lines } = aLogger();
		const emitter = new Emitter(logger);
		const error = new Error('deaf, later');
		emitter.on('withdrawn', () => reject(error) as never);
		emitter.emit('withdrawn', { key: 'a' });
		await expect
			.poll(() => lines)
			.toEqual([{ level: 'error', message: 'a listener threw', fields: { event: 'withdrawn', error } }]);
	},
);

test('one that was taken off hears nothing more, also when it takes itself off while it is told', () => {
	const emitter = new Emitter(aLogger().logger);
	const heard: string[] = [];
	const off = emitter.on('withdrawn', ({ key }) => {
		heard.push(key);
		off();
		off();
	});
	emitter.on('withdrawn', ({ key }) => heard.push(`second ${key}`));
	emitter.emit('withdrawn', { key: 'a' });
	emitter.emit('withdrawn', { key: 'b' });
	expect(heard).toEqual(['a', 'second a', 'second b']);
});

test('a slip in the name of an event, or no function, is told at once', () => {
	const emitter = new Emitter(aLogger().logger);
	const on = (...args: unknown[]) => Reflect.apply(emitter.on, emitter, args);
	expect(() => on('registred', () => {})).toThrow(
		'no event "registred", expected one of registered, repaired',
	);
	expect(() => on('registered', undefined)).toThrow('expected a function that listens to registered');
});
