import { PassThrough } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { createLog, type LogOptions } from '../../../src/adapters/log/winston.js';

afterEach(() => {
	vi.doUnmock('winston');
	vi.unstubAllEnvs();
});

/** A stream in place of standard error: as a terminal if it has colours to tell. */
function open(
	level: LogOptions['level'],
	format: LogOptions['format'] = 'json',
	terminal?: { hasColors(): boolean },
) {
	const stream = new PassThrough();
	let text = '';
	stream.setEncoding('utf8').on('data', (chunk) => {
		text += chunk;
	});
	const log = createLog({
		level,
		format,
		stream: Object.assign(stream, terminal && { isTTY: true, ...terminal }) as unknown as NodeJS.WriteStream,
	});
	return { log, stream, lines: () => text.split('\n').slice(0, -1) };
}

test.each([
	['error', ['error']],
	['warn', ['error', 'warn']],
	['info', ['error', 'warn', 'info']],
	['debug', ['error', 'warn', 'info', 'debug']],
] as const)(
	'level %s shows itself and what is graver, before and after winston is there',
	async (level, shown) => {
		const { log, lines } = open(level);
		const all = () => {
			for (const each of ['error', 'warn', 'info', 'debug'] as const) log[each](`${each} line`);
		};
		all();
		await log.load();
		all();
		await log.close(1000);
		expect(lines().map((line) => JSON.parse(line).level)).toEqual([...shown, ...shown]);
	},
);

test('the stack of an error is shown at debug only', async () => {
	for (const level of ['info', 'debug'] as const) {
		const { log, lines } = open(level);
		log.error('failed', { error: new Error('broken') });
		await log.close(1000);
		expect('stack' in JSON.parse(lines()[0] ?? '').error).toBe(level === 'debug');
	}
});

test('fields and message stay apart, whatever they hold', async () => {
	const { log, lines } = open('info');
	await log.load();
	log.info('100% of %s', { message: 'evil', level: 'debug', splat: [1], error: new Error('broken') });
	await log.close(1000);
	expect(JSON.parse(lines()[0] ?? '')).toEqual({
		time: expect.any(String),
		level: 'info',
		message: '100% of %s',
		message_: 'evil',
		level_: 'debug',
		splat: [1],
		error: { message: 'broken' },
	});
});

test('secrets are redacted in message and fields', async () => {
	const { log, lines } = open('info');
	await log.load();
	log.info('dial http://root:hunter2@h:2379', {
		password: 'hunter2',
		endpoint: 'http://root:hunter2@h:2379',
		cause: new Error('http://root:hunter2@h'),
	});
	await log.close(1000);
	expect(lines()).toHaveLength(1);
	expect(lines()[0]).not.toContain('hunter2');
	expect(lines()[0]).toContain('[redacted]');
});

test.each([
	['a terminal with colours has them', { hasColors: () => true }, true],
	['one without, or with NO_COLOR, has none', { hasColors: () => false }, false],
	['what is no terminal has none', undefined, false],
])('pretty: %s', async (_name, terminal, coloured) => {
	const { log, lines } = open('info', 'pretty', terminal);
	log.info('put right', { key: '/ns/a' });
	await log.load();
	await log.close(1000);
	expect(lines()[0]?.includes('\u001b[')).toBe(coloured);
	expect(lines()[0]).toContain('put right');
});

test('without winston the lines are written all the same, and this is told', async () => {
	vi.doMock('winston', () => {
		throw new Error('not installed');
	});
	const { log, lines } = open('info');
	log.info('early');
	await log.load();
	log.info('later');
	await log.close(1000);
	expect(lines().map((line) => JSON.parse(line).message)).toEqual([
		'early',
		expect.stringContaining('winston is not usable'),
		'later',
	]);
});

test('trouble that may pass, such as a full disk, silences nothing', async () => {
	const { log, stream, lines } = open('info');
	await log.load();
	stream.emit('error', Object.assign(new Error('write'), { code: 'ENOSPC' }));
	log.info('after it');
	await log.close(1000);
	expect(lines()).toHaveLength(1);
	expect(log.dropped).toBe(0);
});
