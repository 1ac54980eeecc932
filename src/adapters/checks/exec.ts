import { spawn } from 'node:child_process';
import { splitCommand } from '../../core/settings/split-command.js';
import type { HealthCheck } from '../../registrar/ports.js';
import { killGroup } from '../host/kill-group.js';

/**
 * Well = the command ends with 0. It runs without a shell, reads nothing, and its output goes nowhere: it must not mix with our
 * results or log. Cut, it is killed together with everything it started (a process group of its own).
 * What a command leaves in the background when it ends by itself is left alone.
 *
 * @throws Error when the command cannot be split into words.
 */
export function execCheck(command: string): HealthCheck {
	const [program, ...args] = splitCommand(command);
	return {
		check: (signal) =>
			new Promise<void>((resolve, reject) => {
				signal.throwIfAborted();
				const child = spawn(program, args, { stdio: 'ignore', detached: true });
				const cut = () => {
					if (child.pid !== undefined) killGroup(child.pid);
				};
				signal.addEventListener('abort', cut, { once: true });
				const settle = (problem: string | null, cause?: unknown) => {
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
