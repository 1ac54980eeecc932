import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../until.js';
import { removeAtExit, spawnGuarded } from './guarded.js';
import { cpuSeconds, memory } from './proc.js';

/** The real command, as `npm run build` leaves it. */
const COMMAND = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

export interface CommandOptions {
	/**
	 * Working folder. @defaultValue an empty one of its own: no `.env` of the checkout may speak into a test
	 */
	readonly cwd?: string;
	/**
	 * Text for the standard input, which is closed after it; `null` leaves it open for `type`. @defaultValue
	 * nothing
	 */
	readonly stdin?: string | null;
	/** A file to write stderr to, unread by us. */
	readonly stderr?: number;
	/** Output that nobody reads: a Unix socket, as Node's pipes are, that fills and stays full. */
	readonly unread?: readonly ('stdout' | 'stderr')[];
	/** Script to run by Node instead of `dist/cli.js`. */
	readonly entry?: string;
	/** Arguments of Node itself, before the script. */
	readonly nodeArgs?: readonly string[];
	/** Runs the process by this command in front of it (`ip netns exec x`). */
	readonly wrap?: readonly string[];
}

/** One line of the log under `LOG_FORMAT=json`. */
export interface LogLine {
	readonly level: string;
	readonly message: string;
	readonly [field: string]: unknown;
}

export interface Exit {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface RunningCommand {
	readonly pid: number;
	/** What it has written so far. */
	readonly stdout: string;
	readonly stderr: string;
	/** The lines of stderr that are JSON objects. */
	logs(): LogLine[];
	/** The first line of the log that fits; fails at once when the process ends without one. */
	waitForLog(fits: (line: LogLine) => boolean, options?: { limitMs?: number }): Promise<LogLine>;
	/** Resolves when it has ended and everything it wrote was read. */
	waitExit(options?: { limitMs?: number }): Promise<Exit>;
	signal(signal: NodeJS.Signals): void;
	/** Writes to the standard input that was left open. */
	type(text: string): void;
	/** CPU seconds used so far. Linux only, as is `memory`. */
	cpuSeconds(): number;
	memory(): { readonly rss: number; readonly peak: number };
}

/**
 * Starts the real command with a clean environment: nothing but PATH, HOME and what `env` says, so that no
 * ETCD_*, SERVICE_* or proxy variable of the caller leaks in. The log is JSON unless `env` says otherwise. It
 * is killed when the tests end.
 */
export function runCommand(
	args: readonly string[],
	env: Readonly<Record<string, string>> = {},
	options: CommandOptions = {},
): RunningCommand {
	const { stdin = '', entry = COMMAND, nodeArgs = [], wrap = [], unread = [] } = options;
	const [command = '', ...rest] = [...wrap, process.execPath, ...nodeArgs, entry, ...args];
	const child = spawnGuarded(command, rest, {
		cwd: options.cwd ?? emptyFolder(),
		env: { PATH: process.env.PATH, HOME: process.env.HOME, LOG_FORMAT: 'json', ...env },
		stdio: ['pipe', 'pipe', options.stderr ?? 'pipe'],
	});
	const out = { stdout: '', stderr: '' };
	for (const name of ['stdout', 'stderr'] as const) {
		if (!unread.includes(name))
			child[name]?.setEncoding('utf8').on('data', (text: string) => {
				out[name] += text;
			});
	}
	// A process that never reads its input is no failure of the test.
	child.stdin?.on('error', () => {});
	if (stdin !== null) child.stdin?.end(stdin);
	let exit: Exit | null = null;
	const closed = once(child, unread.length === 0 ? 'close' : 'exit').then(([code, signal]) => {
		exit = { code, signal, ...out };
		return exit;
	});
	closed.catch(() => {});
	const pid = child.pid ?? -1;
	const logs = () => out.stderr.split('\n').flatMap(parseLine);
	return {
		pid,
		get stdout() {
			return out.stdout;
		},
		get stderr() {
			return out.stderr;
		},
		logs,
		async waitForLog(fits, { limitMs = 30_000 } = {}) {
			const findLine = () => {
				const line = logs().find(fits);
				return (line || exit) && { line };
			};
			const { line } = await until(findLine, { limitMs, what: `${fits}\nin:\n${out.stderr.slice(-3000)}` });
			if (!line) throw new Error(`ended (${exit?.code ?? exit?.signal}) without ${fits}:\n${out.stderr}`);
			return line;
		},
		async waitExit({ limitMs = 30_000 } = {}) {
			await Promise.race([closed, until(() => exit, { limitMs, what: 'exit of the command' })]);
			return await closed;
		},
		signal: (signal) => void process.kill(pid, signal),
		type: (text) => void child.stdin?.write(text),
		cpuSeconds: () => cpuSeconds(pid),
		memory: () => memory(pid),
	};
}

function emptyFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'etcd-registrar-cwd-'));
	removeAtExit(folder);
	return folder;
}

function parseLine(line: string): LogLine[] {
	if (!line.startsWith('{')) return [];
	try {
		return [JSON.parse(line) as LogLine];
	} catch {
		return [];
	}
}
