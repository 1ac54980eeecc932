import { expect, test } from 'vitest';
import { type Call, parseCall, UsageError } from '../../src/commands/arguments.js';

const CALLS: readonly (readonly [sentence: string, argv: readonly string[], call: Call])[] = [
	['nothing means run', [], { command: 'run', envFile: null }],
	['run', ['run'], { command: 'run', envFile: null }],
	['an env file may stand anywhere', ['--env-file', 'a.env', 'run'], { command: 'run', envFile: 'a.env' }],
	['--env, which Node does not read', ['run', '--env', 'a.env'], { command: 'run', envFile: 'a.env' }],
	[
		'everything after -- is the command, options too',
		['run', '--', 'sh', '-c', '--json'],
		exec('sh', '-c', '--json'),
	],
	['a second -- belongs to the command', ['--', 'env', '--', 'x'], exec('env', '--', 'x')],
	['check', ['check', '--env-file=a'], { command: 'check', envFile: 'a' }],
	['health', ['health'], { command: 'health', envFile: null }],
	['list without a name', ['list'], { command: 'list', envFile: null, name: null, json: false }],
	[
		'watch of a name, as JSON',
		['watch', 'user', '--json'],
		{ command: 'watch', envFile: null, name: 'user', json: true },
	],
	[
		'a command for each change of a name',
		['watch', 'user', '--exec', 'nginx -s reload'],
		{ command: 'watch-exec', envFile: null, name: 'user', exec: 'nginx -s reload' },
	],
	['status', ['status'], { command: 'status', envFile: null, json: false }],
	['status as JSON', ['status', '--json'], { command: 'status', envFile: null, json: true }],
	['pause', ['pause'], { command: 'pause', envFile: null, name: null, reason: null }],
	[
		'pause of a name with a reason',
		['pause', 'user', '--reason', 'moving its disk'],
		{ command: 'pause', envFile: null, name: 'user', reason: 'moving its disk' },
	],
	['resume of a name', ['resume', 'user'], { command: 'resume', envFile: null, name: 'user', reason: null }],
	['a value that begins with -', ['--env=-a'], { command: 'run', envFile: '-a' }],
	['help wins over what else is asked', ['list', '-h'], { command: 'help' }],
	['help as a word', ['help'], { command: 'help' }],
	['the version', ['-v'], { command: 'version' }],
	['the version as a word', ['version'], { command: 'version' }],
];
test.each(CALLS)('%s', (_sentence, argv, call) => {
	expect(parseCall(argv)).toEqual(call);
});

function exec(program: string, ...args: string[]): Call {
	return { command: 'exec', envFile: null, child: [program, ...args] };
}

const WRONG: readonly (readonly [sentence: string, argv: readonly string[], message: RegExp])[] = [
	['an unknown command', ['register'], /unknown command: register/],
	['an unknown option', ['--frob'], /^unknown option: --frob$/],
	['an unknown option in short', ['list', '-x'], /^unknown option: -x$/],
	['an option with a slip', ['list', '--jsno'], /^unknown option: --jsno: did you mean --json\?$/],
	[
		'an option of the command without --',
		['run', 'node', '--inspect', 'x.js'],
		/^unknown option: --inspect: did you forget -- before the command\?$/,
	],
	['a command with a slip', ['helth'], /^unknown command: helth: did you mean health\?$/],
	['a value where none goes', ['list', '--json=yes'], /^--json takes no value$/],
	['an option in place of a value', ['--env', '--json'], /^--env needs a value: --env FILE$/],
	['a name where none goes', ['run', 'user'], /unexpected argument: user/],
	['a command without --', ['run', './server'], /unexpected argument: .\/server: did you forget --/],
	['a file alone', ['./server'], /unknown command: .\/server: did you mean run -- .\/server/],
	['two names', ['list', 'a', 'b'], /unexpected argument: b/],
	['--exec without watch', ['list', 'user', '--exec', 'true'], /--exec goes with watch/],
	['--exec without a name', ['watch', '--exec', 'true'], /--exec goes with watch and the name/],
	['--exec as JSON', ['watch', 'user', '--exec', 'true', '--json'], /--exec goes with watch/],
	['--json where none goes', ['check', '--json'], /--json goes with list, watch and status/],
	['--reason where none goes', ['resume', '--reason', 'x'], /--reason goes with pause/],
	['a reason without its option', ['pause', 'user', 'disk'], /unexpected argument: disk/],
	['-- without a command', ['run', '--'], /a command is expected after --/],
	['-- with another command than run', ['list', '--', 'sh'], /-- goes with run, not with list/],
	['an option without its value', ['run', '--env-file'], /^--env-file needs a value: --env-file FILE$/],
];
test.each(WRONG)('refused: %s', (_sentence, argv, message) => {
	expect(() => parseCall(argv)).toThrow(UsageError);
	expect(() => parseCall(argv)).toThrow(message);
});
