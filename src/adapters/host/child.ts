import { spawn } from 'node:child_process';
import { spawnExitCode } from './exit-code.js';
import { killGroup } from './kill-group.js';

export interface ChildOptions {
	readonly command: string;
	readonly args: readonly string[];
	readonly env: NodeJS.ProcessEnv;
}

export interface Child {
	readonly pid: number;
	/** Passes a signal to the command itself, not to what it started. After its end it does nothing. */
	signal(name: NodeJS.Signals): void;
	/**
	 * A signal for the command and everything of its session that did not leave its process group. After its
	 * end it does nothing.
	 */
	signalAll(name: NodeJS.Signals): void;
	/** Resolves when the command has ended; never rejects. */
	readonly exited: Promise<Exit>;
}

/** One of the two is not `null`: `exitCodeOf` makes a number of them. */
export interface Exit {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
}

/** The command could not be started. The message is one line for people. */
export class SpawnError extends Error {
	override readonly name = 'SpawnError';
	readonly exitCode: 126 | 127;
	constructor(command: string, cause: NodeJS.ErrnoException) {
		const exitCode = spawnExitCode(cause);
		const what = exitCode === 127 ? 'command not found' : 'cannot be run';
		// Given as one word, where a shell would have cut it.
		const hint = /\s/.test(command)
			? `: there is no shell; give program and arguments apart, or run -- sh -c '${command.replaceAll("'", "'\\''")}'`
			: '';
		super(`${command}: ${what} (${cause.code ?? cause.message})${hint}`, { cause });
		this.exitCode = exitCode;
	}
}

/**
 * Passed on at once; SIGTERM and SIGINT come after the drain, SIGUSR2 is ours, and the others mean something
 * only to who gets them.
 */
export const FORWARDED_SIGNALS: ReadonlySet<NodeJS.Signals> = new Set([
	'SIGHUP',
	'SIGQUIT',
	'SIGUSR1',
	'SIGWINCH',
]);

/**
 * Starts a command without a shell, its input and output ours, in a session of its own. So Ctrl-C on a
 * terminal reaches us alone, and the service is deregistered before it stops.
 *
 * What a session of its own means: the command has no controlling terminal. It reads and writes the terminal
 * as before, but there is no job control, Ctrl-Z stops us alone, `/dev/tty` cannot be opened, and a change of
 * the window's size comes from us. Signals go to the command alone, as `docker stop` and tini do it: a shell
 * script hands them on only if it says `exec` or traps. If we are killed by SIGKILL, the command goes on,
 * unless what started us ends the whole group, as a container and systemd do.
 *
 * @throws SpawnError (the promise rejects) when there is no such command or it cannot be run.
 */
export function startChild({ command, args, env }: ChildOptions): Promise<Child> {
	return new Promise((resolve, reject) => {
		const refuse = (error: unknown) => reject(new SpawnError(command, error as NodeJS.ErrnoException));
		try {
			const child = spawn(command, args, { env, stdio: 'inherit', detached: true });
			child.on('error', refuse);
			const exited = new Promise<Exit>((end) => child.once('exit', (code, signal) => end({ code, signal })));
			const running = () => child.exitCode === null && child.signalCode === null;
			child.once('spawn', () => {
				const pid = child.pid ?? 0;
				const signalAll = (name: NodeJS.Signals) => {
					if (running()) killGroup(pid, name);
				};
				resolve({ pid, exited, signal: (name) => void child.kill(name), signalAll });
			});
		} catch (error) {
			refuse(error);
		}
	});
}
