import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Cgroups } from './cgroup.js';
import { numberOf, type Read } from './files.js';

/**
 * How much of the tightest memory is in use, 0 to 1: of each limit above us and of the machine. Cached files
 * that can be dropped do not count.
 */
export function memoryLoad(read: Read, cgroups: Cgroups): number {
	const parts = [
		...cgroups.v2.map((folder) => used(read, folder, 'memory.current', 'memory.max', 'inactive_file')),
		...cgroups.v1.memory.map((folder) =>
			used(read, folder, 'memory.usage_in_bytes', 'memory.limit_in_bytes', 'total_inactive_file'),
		),
		machine(read),
	];
	return Math.max(...parts.filter((part) => !Number.isNaN(part)));
}

/**
 * NaN without a limit: `max` in version 2; in version 1 a number larger than any machine, which comes to
 * nothing.
 */
function used(read: Read, folder: string, usage: string, limit: string, cache: string): number {
	const bytes = numberOf(read, join(folder, limit));
	if (!(bytes > 0)) return Number.NaN;
	const dropable = numberOf(read, join(folder, 'memory.stat'), cache);
	const taken = numberOf(read, join(folder, usage)) - (Number.isNaN(dropable) ? 0 : dropable);
	return Math.min(1, Math.max(0, taken / bytes));
}

function machine(read: Read): number {
	const text = read('proc/meminfo');
	const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]);
	const part = 1 - kib('MemAvailable') / kib('MemTotal');
	return Number.isNaN(part) ? 1 - freemem() / totalmem() : part;
}
