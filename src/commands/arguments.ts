/** The command line. */
import { parseArgs } from 'node:util';
import { meant } from '../core/distance.js';

export type Call =
	| { readonly command: 'help' | 'version' }
	| { readonly command: 'run' | 'check' | 'health'; readonly envFile: string | null }
	| { readonly command: 'status'; readonly envFile: string | null; readonly json: boolean }
	| {
			readonly command: 'pause' | 'resume';
			readonly envFile: string | null;
			readonly name: string | null;
			readonly reason: string | null;
	  }
	| {
			readonly command: 'exec';
			readonly envFile: string | null;
			readonly child: readonly [string, ...string[]];
	  }
	| {
			readonly command: 'list' | 'watch';
			readonly envFile: string | null;
			readonly name: string | null;
			readonly json: boolean;
	  }
	| {
			readonly command: 'watch-exec';
			readonly envFile: string | null;
			readonly name: string;
			/** The command with its arguments, as one text. */
			readonly exec: string;
	  };

/** Wrong usage; exit code 64. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}

const OPTIONS = {
	env: { type: 'string' },
	'env-file': { type: 'string' },
	help: { type: 'boolean', short: 'h' },
	version: { type: 'boolean', short: 'v' },
	json: { type: 'boolean' },
	exec: { type: 'string' },
	reason: { type: 'string' },
} as const;

const COMMANDS = [
	...['run', 'check', 'health', 'list', 'watch', 'status', 'pause', 'resume', 'help', 'version'],
];
const TAKES_NAME = ['list', 'watch', 'pause', 'resume'];
const TAKES_JSON = ['list', 'watch', 'status'];

/** @throws UsageError */
export function parseCall(argv: readonly string[]): Call {
	const cut = argv.indexOf('--');
	const [own, child] = cut < 0 ? [argv, null] : [argv.slice(0, cut), argv.slice(cut + 1)];
	const { values, positionals } = parse(own);
	if (values.help) return { command: 'help' };
	if (values.version) return { command: 'version' };
	const [command = 'run', name = null, ...more] = positionals;
	const envFile = values.env ?? values['env-file'] ?? null;
	if (more.length > 0 || (name !== null && !TAKES_NAME.includes(command)))
		throw new UsageError(
			`unexpected argument: ${more[0] ?? name}${command === 'run' ? ': did you forget -- before the command?' : ''}`,
		);
	if (values.json && !TAKES_JSON.includes(command))
		throw new UsageError('--json goes with list, watch and status');
	if (values.reason !== undefined && command !== 'pause') throw new UsageError('--reason goes with pause');
	if (values.exec !== undefined) {
		if (command !== 'watch' || name === null || values.json || child !== null)
			throw new UsageError(
				"--exec goes with watch and the name of one service: watch user --exec 'command args'",
			);
		return { command: 'watch-exec', envFile, name, exec: values.exec };
	}
	if (child !== null) {
		const [program, ...args] = child;
		if (command !== 'run') throw new UsageError(`-- goes with run, not with ${command}`);
		if (program === undefined || program === '') throw new UsageError('a command is expected after --');
		return { command: 'exec', envFile, child: [program, ...args] };
	}
	switch (command) {
		case 'run':
		case 'check':
		case 'health':
			return { command, envFile };
		case 'list':
		case 'watch':
			return { command, envFile, name, json: values.json ?? false };
		case 'status':
			return { command, envFile, json: values.json ?? false };
		case 'pause':
		case 'resume':
			return { command, envFile, name, reason: values.reason ?? null };
		case 'help':
		case 'version':
			return { command };
		default:
			throw new UsageError(unknownCommand(command));
	}
}

function unknownCommand(command: string): string {
	const near = /[./]/.test(command) ? `run -- ${command}` : meant(command, COMMANDS);
	return `unknown command: ${command}${near === undefined ? '' : `: did you mean ${near}?`}`;
}

/** Each option by a rule of its own, since what Node says of a wrong one names Node's options, not these. */
function parse(args: readonly string[]) {
	const call = { args: [...args], options: OPTIONS, allowPositionals: true } as const;
	const { tokens, positionals } = parseArgs({ ...call, strict: false, tokens: true });
	for (const token of tokens) {
		if (token.kind !== 'option') continue;
		const { rawName, name, value } = token;
		if (!Object.hasOwn(OPTIONS, name)) throw new UsageError(unknownOption(rawName, positionals));
		const expected = VALUES[name];
		if (expected === undefined && value !== undefined) throw new UsageError(`${rawName} takes no value`);
		if (expected === undefined || (value !== undefined && (token.inlineValue || !value.startsWith('-'))))
			continue;
		throw new UsageError(`${rawName} needs a value: ${rawName} ${expected}`);
	}
	return parseArgs(call);
}

const VALUES: Readonly<Record<string, string>> = {
	...{ env: 'FILE', 'env-file': 'FILE', exec: "'CMD ARGS'", reason: 'TEXT' },
};

function unknownOption(rawName: string, [command, program]: readonly string[]): string {
	if (command === 'run' && program !== undefined)
		return `unknown option: ${rawName}: did you forget -- before the command?`;
	const near = rawName.startsWith('--') ? meant(rawName.slice(2), Object.keys(OPTIONS)) : undefined;
	return `unknown option: ${rawName}${near === undefined ? '' : `: did you mean --${near}?`}`;
}
