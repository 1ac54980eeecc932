import { constants } from 'node:os';

/** As a shell tells it: the command's own code, or 128 + the number of the signal that ended it. */
export function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
	return signal === null ? (code ?? 70) : 128 + constants.signals[signal];
}

/**
 * Why a command could not be started, as a shell tells it: 127 = there is none of that name, 126 = it is
 * there and cannot be run.
 */
export function spawnExitCode(error: NodeJS.ErrnoException): 126 | 127 {
	return error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 127 : 126;
}
