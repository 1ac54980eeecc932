/**
 * What to tell once when we run as PID 1 with a command of our own, else `null`. The kernel hands every
 * orphan to PID 1, and Node waits for its own children only: orphans stay behind as zombies.
 */
export function pidOneNote(pid: number): string | null {
	if (pid !== 1) return null;
	return 'running as PID 1: signals are passed on, but orphaned processes are not reaped; start the container with --init (or init: true) if the command leaves any';
}
