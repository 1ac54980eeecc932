import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Cgroups } from './cgroup.js';
import { numberOf, type Read } from './files.js';

/**
 * Counters that only grow, so that two readings tell what was used in between; NaN where there is no counter.
 */
export interface CpuCounters {
	/** Of all cores of the machine, in one unit. */
	readonly busy: number;
	readonly total: number;
	/** One for each level with a quota: seconds used, and cores allowed. */
	readonly quotas: ReadonlyMap<string, { readonly usedSeconds: number; readonly cores: number }>;
	/**
	 * Share of the last ten seconds in which somebody waited for a core (PSI); NaN before Linux 4.20 or where
	 * it is off.
	 */
	readonly pressure: number;
	/**
	 * Processes that want to run, a core; what is left where nothing else was measured. A function, since
	 * counting the cores takes a while.
	 */
	readonly queue: () => number;
}

export function readCpu(read: Read, cgroups: Cgroups): CpuCounters {
	const quotas = new Map<string, { usedSeconds: number; cores: number }>();
	for (const folder of cgroups.v2) {
		const [, quota, period] = /^(\d+) (\d+)/.exec(read(join(folder, 'cpu.max'))) ?? [];
		const usedSeconds = numberOf(read, join(folder, 'cpu.stat'), 'usage_usec') / 1e6;
		addQuota(quotas, folder, Number(quota) / Number(period), usedSeconds);
	}
	for (const folder of cgroups.v1.cpu) {
		const cores =
			numberOf(read, join(folder, 'cpu.cfs_quota_us')) / numberOf(read, join(folder, 'cpu.cfs_period_us'));
		const usage = cgroups.v1.cpuacct
			.filter((other) => sameLevel(folder, other))
			.map((other) => numberOf(read, join(other, 'cpuacct.usage')));
		addQuota(quotas, folder, cores, (usage.find((value) => !Number.isNaN(value)) ?? Number.NaN) / 1e9);
	}
	const [busy, total] = times(read('proc/stat'));
	return { busy, total, quotas, pressure: pressureOf(read, cgroups), queue: () => queueOf(read) };
}

/**
 * 0 to 1: the scarcest of the machine's cores and every quota between two readings, and the pressure now. The
 * first reading has the queue only.
 */
export function cpuLoad(before: CpuCounters | null, now: CpuCounters, elapsedSeconds: number): number {
	const machine = before === null ? Number.NaN : (now.busy - before.busy) / (now.total - before.total);
	const quotas = [...now.quotas].map(([folder, { usedSeconds, cores }]) => {
		const earlier = before?.quotas.get(folder)?.usedSeconds ?? Number.NaN;
		return (usedSeconds - earlier) / (cores * elapsedSeconds);
	});
	const parts = [machine, ...quotas, now.pressure].filter((part) => Number.isFinite(part));
	const measured = parts.length === 0 || before === null ? [...parts, now.queue()] : parts;
	return Math.min(1, Math.max(0, ...measured));
}

function addQuota(
	quotas: Map<string, { usedSeconds: number; cores: number }>,
	folder: string,
	cores: number,
	usedSeconds: number,
): void {
	if (cores > 0 && !Number.isNaN(usedSeconds)) quotas.set(folder, { usedSeconds, cores });
}

/** Version 1 mounts `cpu` and `cpuacct` apart or together, with the same folders in both. */
function sameLevel(cpu: string, cpuacct: string): boolean {
	const below = (folder: string): string => folder.replace(/^sys\/fs\/cgroup\/[^/]+/, '');
	return below(cpu) === below(cpuacct);
}

/** `/proc/stat` (proc(5)): user nice system idle iowait irq softirq steal; elsewhere what Node counts. */
function times(stat: string): [busy: number, total: number] {
	const ticks = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').slice(0, 8).map(Number);
	const all =
		ticks ??
		cpus().reduce<number[]>(
			(sum, { times: { user, nice, sys, idle, irq } }) => add(sum, [user, nice, sys, idle, 0, irq]),
			[],
		);
	const total = all.reduce((sum, tick) => sum + tick, 0);
	return [total - (all[3] ?? 0) - (all[4] ?? 0), total];
}

function add(one: readonly number[], other: readonly number[]): number[] {
	return other.map((value, index) => value + (one[index] ?? 0));
}

function pressureOf(read: Read, cgroups: Cgroups): number {
	const own = cgroups.v2[0] === undefined ? '' : read(join(cgroups.v2[0], 'cpu.pressure'));
	const text = own === '' ? read('proc/pressure/cpu') : own;
	return Number(/^some avg10=(\d+(?:\.\d+)?)/m.exec(text)?.[1]) / 100;
}

function queueOf(read: Read): number {
	const [first] = read('proc/loadavg').split(' ');
	return (first ? Number(first) : (loadavg()[0] ?? 0)) / Math.max(1, cpus().length);
}
