import { readdirSync, readFileSync } from 'node:fs';
import { until } from '../until.js';

/** Kernel ticks a second: 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Whether the process exists and is not merely waiting to be collected by its parent. */
export function alive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return statFields(pid)[0] !== 'Z';
	} catch {
		return false;
	}
}

/** CPU seconds (user and system, all threads) that the process has used so far. Linux only. */
export function cpuSeconds(pid: number): number {
	const fields = statFields(pid);
	return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** The same to the nanosecond, of the threads that live: for differences too small for ticks. */
export function cpuNanoseconds(pid: number): number {
	const spent = (thread: string) =>
		Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
	return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + spent(thread), 0);
}

/** Resident memory in bytes, now and at its highest. Linux only. */
export function memory(pid: number): { readonly rss: number; readonly peak: number } {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
	return { rss: kilobytes('VmRSS') * 1024, peak: kilobytes('VmHWM') * 1024 };
}

/** The fields of /proc/pid/stat from the state on: what stands before it may hold spaces and brackets. */
function statFields(pid: number): string[] {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** The direct children of a process. Linux only. */
export function childrenOf(pid: number): number[] {
	return readdirSync(`/proc/${pid}/task`)
		.flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' '))
		.flatMap((child) => (child === '' ? [] : [Number(child)]));
}

/** Resolves when the process has used no CPU for a while: it waits for something, for its reader say. */
export async function atRest(pid: number): Promise<void> {
	let [used, same] = [0, 0];
	await until(() => {
		const now = cpuNanoseconds(pid);
		[used, same] = [now, now === used ? same + 1 : 0];
		return same >= 10;
	});
}
