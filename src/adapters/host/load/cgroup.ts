/** Where this process' limits stand: its cgroup and those above it, version 1 or 2. */
import { dirname, join } from 'node:path';
import type { Read } from './files.js';

export interface Cgroups {
	/** Folders of the one hierarchy of version 2, innermost first; empty where there is none. */
	readonly v2: readonly string[];
	/** Of version 1, each controller's own. */
	readonly v1: {
		readonly cpu: readonly string[];
		readonly cpuacct: readonly string[];
		readonly memory: readonly string[];
	};
}

const MOUNT = 'sys/fs/cgroup';

/**
 * Reads `/proc/self/cgroup`. A limit may be set at any level above; inside a container the path that is told
 * may not exist below the mount, whose root is then our own cgroup: so every level is asked, and those that
 * are not there say nothing.
 */
export function findCgroups(read: Read): Cgroups {
	const lines = read('proc/self/cgroup')
		.split('\n')
		.map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line));
	const path = (controller: string): string | undefined =>
		lines.find((match) => match?.[1]?.split(',').includes(controller))?.[2];
	const unified = lines.find((match) => match?.[1] === '')?.[2];
	return {
		v2: unified === undefined ? [] : levels(MOUNT, unified),
		v1: {
			cpu: mounted(path('cpu'), ['cpu', 'cpu,cpuacct']),
			cpuacct: mounted(path('cpuacct'), ['cpuacct', 'cpu,cpuacct']),
			memory: mounted(path('memory'), ['memory']),
		},
	};
}

function mounted(path: string | undefined, names: readonly string[]): readonly string[] {
	return path === undefined ? [] : names.flatMap((name) => levels(join(MOUNT, name), path));
}

/** `mount/a/b`, `mount/a`, `mount`. */
function levels(mount: string, path: string): string[] {
	const inner = join('/', path);
	return inner === '/' ? [mount] : [join(mount, inner), ...levels(mount, dirname(inner))];
}
