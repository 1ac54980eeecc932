import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';

/** What must not outlive this process: children to kill, folders to remove. */
const children = new Set<ChildProcess>();
const folders = new Set<string>();
let armed = false;

/**
 * Spawns a process that cannot outlive the tests: it is killed when this process exits, and where the system can do it
 * (`setpriv --pdeathsig`, any Linux) also when this process is killed itself. setpriv replaces itself by the command, so the
 * pid is the command's own.
 */
export function spawnGuarded(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
	arm();
	const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
	const child = setpriv ? spawn(setpriv, ['--pdeathsig', 'KILL', command, ...args], options) : spawn(command, args, options);
	children.add(child);
	child.once('exit', () => children.delete(child));
	child.once('error', () => children.delete(child));
	return child;
}

/** Removes the folder when this process exits, unless it was removed before. */
export function removeAtExit(folder: string): void {
	arm();
	folders.add(folder);
}

function arm(): void {
	if (armed) return;
	armed = true;
	process.on('exit', () => {
		for (const child of children) child.kill('SIGKILL');
		for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	});
}

/** Resolves when the process has ended; at once if it has already. */
export function ended(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
	return new Promise((resolve) => child.once('exit', () => resolve()));
}
