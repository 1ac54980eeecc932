import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/core/errors.js';
import { type Mistake, withoutUserinfo } from '../../../src/core/settings/parsed.js';
import { type Given, Problems, take } from '../../../src/core/settings/problems.js';

function lineOf(given: Partial<Given>, mistake: Mistake): string {
	const problems = new Problems();
	problems.add({ name: 'X', text: undefined, assign: (example) => `X=${example}`, ...given }, mistake);
	try {
		problems.throwIfAny();
	} catch (error) {
		if (error instanceof ConfigError) return error.message;
	}
	return '';
}

describe('a problem in one line', () => {
	const rows: [string, Partial<Given>, Mistake, string][] = [
		[
			'with an example',
			{ text: 'a' },
			{ expected: 'b', example: 'c' },
			'X is "a", expected b: for example X=c',
		],
		[
			'with a mend, which wins over an example',
			{ text: 'a' },
			{ expected: 'b', example: 'c', mend: 'do d' },
			'X is "a", expected b: do d',
		],
		['with neither', { text: 'a' }, { expected: 'b' }, 'X is "a", expected b: correct X'],
		['of what is not set', {}, { expected: 'b' }, 'X is not set, expected b: correct X'],
		[
			'of a secret',
			{ text: 'a', secret: true },
			{ expected: 'b' },
			'X is set (not shown), expected b: correct X',
		],
		[
			'of what holds a secret',
			{ text: 'a' },
			{ expected: 'b', hide: true },
			'X is set (not shown), expected b: correct X',
		],
		[
			'with user and password of a URL left out',
			{ text: 'http://u:p@h' },
			{ expected: 'b' },
			'X is "http://[redacted]@h", expected b: correct X',
		],
		[
			'with what would garble a terminal escaped',
			{ text: 'a\n\u001b[2J\u009b\u2028' },
			{ expected: 'b' },
			'X is "a\\n\\u001b[2J\\u009b\\u2028", expected b: correct X',
		],
		[
			'cut to a readable length',
			{ text: 'a'.repeat(300) },
			{ expected: 'b' },
			`X is "${'a'.repeat(100)}…", expected b: correct X`,
		],
	];
	it.each(rows)('%s', (_sentence, given, mistake, line) => expect(lineOf(given, mistake)).toBe(line));
});

it('without problems nothing is thrown', () => {
	const problems = new Problems();
	const given: Given = { name: 'X', text: undefined, assign: String };
	expect(take(given, { default: '7', parse: (text) => ({ value: Number(text) }) }, problems)).toBe(7);
	expect(take(given, { default: null, parse: (text) => ({ value: text }) }, problems)).toBeUndefined();
	problems.throwIfAny();
	expect(problems.any).toBe(false);
});

describe('user and password', () => {
	const rows: [string, string][] = [
		['http://u:p@h/x', 'http://[redacted]@h/x'],
		['http://u:p/;@,@h', 'http://[redacted]@h'],
		['http://u:p@a,http://v:q@b', 'http://[redacted]@a,http://[redacted]@b'],
		['u:p@h', '[redacted]@h'],
		['user@host', 'user@host'],
		['10.0.0.5:8080', '10.0.0.5:8080'],
		['http://h/x', 'http://h/x'],
	];
	it.each(rows)('%s is shown as %s', (text, shown) => expect(withoutUserinfo(text)).toBe(shown));
});
