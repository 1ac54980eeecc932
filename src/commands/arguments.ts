/** The command line. */
import { parseArgs } from 'node:util';

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
			throw new UsageError(
				`unknown command: ${command}${/[./]/.test(command) ? `: did you mean run -- ${command}?` : ''}`,
			);
	}
}

function parse(args: readonly string[]) {
	try {
		return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : String(error));
	}
}
