/**
 * How busy the machine is, as far as this process may use it: cgroup limits of version 1 and 2, PSI, and the
 * machine itself.
 */
import type { Load } from '../../../core/weight.js';
import { findCgroups } from './cgroup.js';
import { type CpuCounters, cpuLoad, readCpu } from './cpu.js';
import { reader } from './files.js';
import { memoryLoad } from './memory.js';

export interface LoadOptions {
	/** The file system's root; another one in tests. @defaultValue '/' */
	readonly root?: string;
	/** Monotonic milliseconds. @defaultValue performance.now */
	readonly now?: () => number;
}

/**
 * Each call tells the CPU use since the call before; the first one what the kernel says of the last moments.
 * Never rejects.
 */
export function createLoadReader({
	root = '/',
	now = () => performance.now(),
}: LoadOptions = {}): () => Promise<Load> {
	const read = reader(root);
	let last: { readonly counters: CpuCounters; readonly atMs: number } | null = null;
	return async () => {
		const cgroups = findCgroups(read);
		const atMs = now();
		const counters = readCpu(read, cgroups);
		const cpu = cpuLoad(last?.counters ?? null, counters, last === null ? 0 : (atMs - last.atMs) / 1000);
		last = { counters, atMs };
		return { cpu, memory: memoryLoad(read, cgroups) };
	};
}
