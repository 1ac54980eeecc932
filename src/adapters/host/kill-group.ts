import { kill } from 'node:process';

/**
 * A signal for a process and all of its group. Only for a leader whose end was not seen yet: until then the
 * id cannot belong to anybody else, so this hits nothing but what that process started.
 */
export function killGroup(leader: number, signal: NodeJS.Signals = 'SIGKILL'): void {
	try {
		kill(-leader, signal);
	} catch {
		// Gone already.
	}
}
