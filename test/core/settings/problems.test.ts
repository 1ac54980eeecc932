import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/core/errors.js';
import { type Given, Problems, take } from '../../../src/core/settings/problems.js';
import { type Mistake, withoutUserinfo } from '../../../src/core/settings/values/kinds.js';

interface Written {
	readonly written?: string | number;
	readonly secret?: boolean;
}

function lineOf({ written, ...more }: Written, mistake: Mistake): string {
	const problems = new Problems();
	const parsed = written === undefined ? {} : { parsed: mistake, written };
	problems.add({ ...unset, ...parsed, ...more }, mistake);
	try {
		problems.throwIfAny();
	} catch (error) {
		if (error instanceof ConfigError) return error.message;
	}
	return '';
}
const unset: Given<never> = {
	...{ name: 'X', parsed: undefined, default: undefined },
	assign: (example) => `X=${example}`,
};

describe('a problem in one line', () => {
	const rows: [string, Written, Mistake, string][] = [
		[
			'with an example',
			{ written: 'a' },
			{ expected: 'b', example: 'c' },
			'X is "a", expected b: for example X=c',
		],
		[
			'with a mend, which wins over an example',
			{ written: 'a' },
			{ expected: 'b', example: 'c', mend: 'do d' },
			'X is "a", expected b: do d',
		],
		['of a number', { written: 1.5 }, { expected: 'b' }, 'X is 1.5, expected b: correct X'],
		[
			'of what cannot be read',
			{ written: 'a' },
			{ expected: 'b', unusable: true },
			'X cannot be used, expected b: correct X',
		],
		['with neither', { written: 'a' }, { expected: 'b' }, 'X is "a", expected b: correct X'],
		['of what is not set', {}, { expected: 'b' }, 'X is not set, expected b: correct X'],
		[
			'of a secret',
			{ written: 'a', secret: true },
			{ expected: 'b' },
			'X is set (not shown), expected b: correct X',
		],
		[
			'of what holds a secret',
			{ written: 'a' },
			{ expected: 'b', hide: true },
			'X is set (not shown), expected b: correct X',
		],
		[
			'with user and password of a URL left out',
			{ written: 'http://u:p@h' },
			{ expected: 'b' },
			'X is "http://[redacted]@h", expected b: correct X',
		],
		[
			'with what would garble a terminal escaped',
			{ written: 'a\n\u001b[2J\u009b\u2028' },
			{ expected: 'b' },
			'X is "a\\n\\u001b[2J\\u009b\\u2028", expected b: correct X',
		],
		[
			'cut to a readable length',
			{ written: 'a'.repeat(300) },
			{ expected: 'b' },
			`X is "${'a'.repeat(100)}…", expected b: correct X`,
		],
	];
	it.each(rows)('%s', (_sentence, given, mistake, line) => expect(lineOf(given, mistake)).toBe(line));
});

it('without problems nothing is thrown', () => {
	const problems = new Problems();
	const given: Given<number> = { ...unset, default: 7 };
	expect(take(given, problems)).toBe(7);
	expect(take({ ...given, parsed: { value: 8 } }, problems)).toBe(8);
	expect(take(unset, problems)).toBeUndefined();
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
