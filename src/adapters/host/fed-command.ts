import { spawn } from 'node:child_process';
import { SpawnError } from './child.js';
import { exitCodeOf } from './exit-code.js';
import { killGroup } from './kill-group.js';

/** A cut command gets SIGTERM, and after so long SIGKILL together with what it started. */
const END_MS = 5_000;

/**
 * Runs a command without a shell, with this text on its standard input; its output is ours. A command that
 * does not read its input is no failure. Resolves to its exit code, as a shell tells it. When the signal
 * aborts it is ended.
 *
 * @throws SpawnError (the promise rejects) when there is no such command or it cannot be run.
 */
export function runFed(
	[program, ...args]: readonly [string, ...string[]],
	input: string,
	{ env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<number> {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, { env, stdio: ['pipe', 'inherit', 'inherit'], detached: true });
		let killing: NodeJS.Timeout | undefined;
		const cut = () => {
			child.kill('SIGTERM');
			killing = setTimeout(() => child.pid !== undefined && killGroup(child.pid), END_MS);
		};
		const settle = (how: () => void) => {
			clearTimeout(killing);
			signal.removeEventListener('abort', cut);
			how();
		};
		child.once('error', (error) => settle(() => reject(new SpawnError(program, error))));
		child.once('exit', (code, name) => settle(() => resolve(exitCodeOf(code, name))));
		child.stdin.on('error', () => {});
		child.stdin.end(input);
		if (signal.aborted) cut();
		else signal.addEventListener('abort', cut, { once: true });
	});
}
