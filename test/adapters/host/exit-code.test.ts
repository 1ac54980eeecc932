import { expect, test } from 'vitest';
import { exitCodeOf, spawnExitCode } from '../../../src/adapters/host/exit-code.js';
import { pidOneNote } from '../../../src/adapters/host/pid-one.js';

const ENDS: readonly (readonly [
	sentence: string,
	code: number | null,
	signal: NodeJS.Signals | null,
	expected: number,
])[] = [
	['a command that ends well is 0', 0, null, 0],
	['its own code is kept', 3, null, 3],
	['the highest code is kept', 255, null, 255],
	['SIGTERM is 143', null, 'SIGTERM', 143],
	['SIGINT is 130', null, 'SIGINT', 130],
	['SIGKILL is 137', null, 'SIGKILL', 137],
	['SIGHUP is 129', null, 'SIGHUP', 129],
	['SIGSEGV is 139', null, 'SIGSEGV', 139],
	['an end without either is a fault of ours', null, null, 70],
];
test.each(ENDS)('%s', (_sentence, code, signal, expected) => {
	expect(exitCodeOf(code, signal)).toBe(expected);
});

const STARTS: readonly (readonly [sentence: string, code: string | undefined, expected: number])[] = [
	['a name that is nowhere is 127', 'ENOENT', 127],
	['a path through a file is 127', 'ENOTDIR', 127],
	['no permission is 126', 'EACCES', 126],
	['no program is 126', 'ENOEXEC', 126],
	['too many arguments is 126', 'E2BIG', 126],
	['anything else is 126', undefined, 126],
];
test.each(STARTS)('%s', (_sentence, code, expected) => {
	expect(spawnExitCode(Object.assign(new Error('spawn'), code === undefined ? {} : { code }))).toBe(expected);
});

test('only PID 1 is told about orphans', () => {
	expect(pidOneNote(1)).toMatch(/--init/);
	expect(pidOneNote(2)).toBeNull();
});
