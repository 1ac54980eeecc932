import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';

/**
 * What must not outlive the tests of this process: children to kill, and then what else to do, at once and
 * without waiting.
 */
const children = new Set<ChildProcess>();
const cleanups = new Set<() => void>();
let armed = false;

/**
 * Spawns a process that cannot outlive the tests: it is killed when this process exits, and where the system
 * can do it (`setpriv --pdeathsig`, any Linux) also when this process is killed itself. setpriv replaces
 * itself by the command, so the pid is the command's own.
 */
export function spawnGuarded(
	command: string,
	args: readonly string[],
	options: SpawnOptions = {},
): ChildProcess {
	arm();
	const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
	const child = setpriv
		? spawn(setpriv, ['--pdeathsig', 'KILL', command, ...args], options)
		: spawn(command, args, options);
	children.add(child);
	child.once('exit', () => children.delete(child));
	child.once('error', () => children.delete(child));
	return child;
}

/** Calls this once, when the test file or this process ends, after every guarded process was killed. */
export function atEnd(cleanup: () => void): void {
	arm();
	cleanups.add(cleanup);
}

/** Removes the folder at the end. */
export function removeAtExit(folder: string): void {
	atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
}

/**
 * Ends everything now; `cleanup.ts` calls it after each test file, as vitest ends its workers without a word.
 */
export async function endGuarded(): Promise<void> {
	const ending = [...children].map((child) => ended(child));
	killAll();
	await Promise.all(ending);
	cleanUp();
}

function arm(): void {
	if (armed) return;
	armed = true;
	process.on('exit', () => {
		killAll();
		cleanUp();
	});
}

function killAll(): void {
	for (const child of children) child.kill('SIGKILL');
}

function cleanUp(): void {
	for (const cleanup of cleanups) {
		cleanups.delete(cleanup);
		try {
			cleanup();
		} catch (error) {
			// The others must have their turn.
			process.stderr.write(`not cleaned up: ${error}\n`);
		}
	}
}

/** Resolves when the process has ended; at once if it has already. */
export function ended(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
	return new Promise((resolve) => child.once('exit', () => resolve()));
}
