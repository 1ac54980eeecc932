import { expect, test } from 'vitest';
import { splitCommand } from '../../../src/core/settings/values/check.js';

const RIGHT: readonly (readonly [sentence: string, command: string, words: readonly string[]])[] = [
	['a bare program is one word', '/bin/true', ['/bin/true']],
	['spaces and tabs separate, however many', '  pg_isready \t -h  db ', ['pg_isready', '-h', 'db']],
	['double quotes keep spaces', 'sh -c "exit 3"', ['sh', '-c', 'exit 3']],
	[
		'single quotes keep spaces and double quotes',
		`sh -c 'test "a b" = "a b"'`,
		['sh', '-c', 'test "a b" = "a b"'],
	],
	['quotes may stand within a word', 'a"b c"d', ['ab cd']],
	['an empty argument can be given', `printf ''`, ['printf', '']],
	[
		'what a shell would expand stays as it is',
		'echo $HOME *.txt a|b a\\b',
		['echo', '$HOME', '*.txt', 'a|b', 'a\\b'],
	],
];
test.each(RIGHT)('%s', (_sentence, command, words) => {
	expect(splitCommand(command)).toEqual(words);
});

const WRONG: readonly (readonly [sentence: string, command: string, message: RegExp])[] = [
	['nothing at all is refused', '   ', /no command/],
	['an empty program is refused', '"" a', /no command/],
	['an open double quote is refused', 'sh -c "exit', /quote " is not closed/],
	['an open single quote is refused', "sh -c 'exit", /quote ' is not closed/],
];
test.each(WRONG)('%s', (_sentence, command, message) => {
	expect(() => splitCommand(command)).toThrow(message);
});
