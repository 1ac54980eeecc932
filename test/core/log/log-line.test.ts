import { expect, test } from 'vitest';
import type { PlainFields } from '../../../src/core/log/log-fields.js';
import { type LogLine, logLine, prettyLine } from '../../../src/core/log/log-line.js';

const timeMs = new Date(2026, 2, 4, 5, 6, 7, 89).getTime();
const entry = (fields: PlainFields = {}, message = 'put right', level: LogLine['level'] = 'info'): LogLine =>
	logLine(timeMs, level, message, fields);
const bare = (line: LogLine) => prettyLine(line, (_colour, text) => text);

test.each<[string, PlainFields, string]>([
	['without fields', {}, ''],
	[
		'fields follow in their order',
		{ key: '/ns/a', downMs: 12, ok: false, lease: null },
		',"key":"/ns/a","downMs":12,"ok":false,"lease":null',
	],
	[
		'a field cannot take the place of time, level or message',
		{ time: 'never', level: 'error', message: 'lie' },
		',"time_":"never","level_":"error","message_":"lie"',
	],
	['line ends stay within the line', { text: 'a\nb' }, ',"text":"a\\nb"'],
])('a line: %s', (_name, fields, expected) => {
	expect(JSON.stringify(entry(fields))).toBe(
		`{"time":"${new Date(timeMs).toISOString()}","level":"info","message":"put right"${expected}}`,
	);
});

test.each<[string, LogLine, string]>([
	['without fields', entry(), 'INFO  put right'],
	['the levels are of one width', entry({}, 'm', 'error'), 'ERROR m'],
	[
		'words stand bare',
		entry({ key: '/ns/a', n: 1, lease: null }),
		'INFO  put right key=/ns/a n=1 lease=null',
	],
	[
		'what is no single word stands in quotes',
		entry({ a: 'b c', e: '', q: '"', x: 'a=b' }),
		'INFO  put right a="b c" e="" q="\\"" x="a=b"',
	],
	[
		'what has parts is told as JSON',
		entry({ keys: ['a', 'b'], at: { x: 1 } }),
		'INFO  put right keys=["a","b"] at={"x":1}',
	],
	[
		'an error is told as a sentence',
		entry({ error: { message: 'no pass', cause: { message: 'no answer', code: 14 } } }),
		'INFO  put right error="no pass: no answer (14)"',
	],
	[
		'its cause need not be one',
		entry({ error: { message: 'refused', cause: 'x' } }),
		'INFO  put right error="refused: x"',
	],
	[
		'its stack stands below, indented',
		entry({ error: { message: 'refused', stack: 'Error: refused\n  at x' } }),
		'INFO  put right error=refused\n    Error: refused\n      at x',
	],
	[
		'an object that has a message among others is no error',
		entry({ a: { message: 'x', n: 1 } }),
		'INFO  put right a={"message":"x","n":1}',
	],
	[
		'a second line is indented: it cannot pass for a line of its own',
		entry({}, 'a\n05:06:07.089 ERROR b'),
		'INFO  a\n    05:06:07.089 ERROR b',
	],
	[
		'control characters are spelled out',
		entry({ 'k\u001b': 'v\u009b' }, 'a\u001b[2Jb\r'),
		'INFO  a\\u001b[2Jb\\u000d k\\u001b=v\\u009b',
	],
])('pretty: %s', (_name, line, expected) => {
	expect(bare(line)).toBe(`05:06:07.089 ${expected}`);
});

test('pretty: the level has its colour, the time and the names of fields are dim', () => {
	const line = entry({ key: '/ns/a' }, 'denied', 'warn');
	expect(prettyLine(line, (colour, text) => `<${colour}>${text}</>`)).toBe(
		'<dim>05:06:07.089</> <warn>WARN </> denied <dim>key=</>/ns/a',
	);
});
