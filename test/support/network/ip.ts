import { execFileSync } from 'node:child_process';

/** The command `ip` of iproute2; resolves to what it printed. @throws when it fails */
export function ip(...args: string[]): string {
	return run('ip', ...args);
}

/** The same within a network namespace. */
export function ipInside(namespace: string, ...args: string[]): void {
	const [command = '', ...rest] = enter(namespace);
	run(command, ...rest, 'ip', ...args);
}

/**
 * Put before a command, runs it there. By nsenter and not by `ip netns exec`, which also mounts a /sys of its
 * own and so fails in a chroot.
 */
export function enter(namespace: string): string[] {
	return ['nsenter', `--net=/run/netns/${namespace}`];
}

export function quietly(act: () => void): void {
	try {
		act();
	} catch {
		// What is not there need not be removed.
	}
}

function run(command: string, ...args: string[]): string {
	return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
