import { type ChildProcess, spawn as spawnProcess } from 'node:child_process';
import { splitCommand } from '../../core/settings/values/check.js';
import type { HealthCheck } from '../../registrar/ports.js';
import { killGroup } from '../host/kill-group.js';

/**
 * Healthy = the command ends with 0. It runs without a shell, reads nothing, and its output goes nowhere: it
 * must not mix with our results or log. Cut, it is killed together with everything it started (a process
 * group of its own). What a command leaves in the background when it ends by itself is left alone. One that
 * not even SIGKILL ends (it is stuck in the kernel, on a file system that does not answer) keeps nothing of
 * ours alive, and no other is started before it is gone.
 *
 * @throws Error when the command cannot be split into words.
 */
export function execCheck(command: string, spawn: typeof spawnProcess = spawnProcess): HealthCheck {
	const [program, ...args] = splitCommand(command);
	let former: ChildProcess | null = null;
	return {
		check: (signal) =>
			new Promise<void>((resolve, reject) => {
				signal.throwIfAborted();
				if (former !== null) throw new Error("the check's former run still hangs");
				const child = spawn(program, args, { stdio: 'ignore', detached: true });
				former = child;
				const cut = () => {
					if (child.pid !== undefined) killGroup(child.pid);
					child.unref();
				};
				signal.addEventListener('abort', cut, { once: true });
				const settle = (problem: string | null, cause?: unknown) => {
					former = null;
					signal.removeEventListener('abort', cut);
					if (problem === null) resolve();
					else reject(new Error(problem, { cause }));
				};
				child.once('error', (error) => settle(`${program} could not be started: ${error.message}`, error));
				child.once('exit', (code, killedBy) => {
					if (signal.aborted) settle(`${program} did not end in time and was killed`);
					else if (code === 0) settle(null);
					else
						settle(
							code === null
								? `${program} was ended by ${killedBy}`
								: `${program} ended with exit code ${code}`,
						);
				});
			}),
	};
}
