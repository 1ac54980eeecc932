import { cpSync, rmSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { startEtcd } from '../../test/support/etcd/etcd.js';
import { ended } from '../../test/support/process/guarded.js';
import { memory } from '../../test/support/process/proc.js';
import { type Contestant, LEASE, REGISTRAR, registrar, task } from '../contestants.js';
import { alternate, type Bench, compare, type Row } from '../row.js';
import { Sight } from '../sight.js';

const NO_CACHE = `${REGISTRAR}, no code cache`;
const NO_BUNDLE = `${REGISTRAR}, no bundle`;
/** By then winston and node-cron are at work, and the code cache is written. */
const RUN_MS = 5_000;

/**
 * What the one file costs to build is seen in the build; here is what it brings: the same package without its
 * parts.
 */
export const bundle: Row = {
	name: 'bundle',
	about: 'what the bundle and its code cache are worth: start-up and peak memory with and without them',
	async run(bench) {
		const etcd = await startEtcd();
		const sight = await Sight.open(etcd.endpoint);
		const peaks = new Map<string, number[]>();
		const who = variants(bench);
		const visible = await alternate(who, bench.runs(9, 2) + 1, async (one) => {
			const job = task(etcd.endpoint, 30);
			const seen = sight.first(one.prefix(job));
			const fromMs = performance.now();
			const child = one.start(job);
			const atMs = await seen;
			await new Promise((resolve) => setTimeout(resolve, RUN_MS));
			peaks.set(one.name, [...(peaks.get(one.name) ?? []), memory(child.pid ?? 0).peak / 2 ** 20]);
			child.kill('SIGKILL');
			await ended(child);
			return atMs - fromMs;
		});
		sight.close();
		await etcd.kill();
		// The first round reads everybody's files from the disk and writes the code cache.
		for (const values of [...visible.values(), ...peaks.values()]) values.shift();
		return [
			...compare(visible, {
				measure: 'what the bundle is worth: process start → key visible',
				unit: 'ms',
				baseline: LEASE,
			}),
			...compare(peaks, {
				measure: 'what the bundle is worth: peak memory of the start',
				unit: 'MiB',
				baseline: LEASE,
			}),
		];
	},
};

function variants({ contestants, setUp }: Bench): Contestant[] {
	const command = normalize(setUp.command);
	const installed = dirname(dirname(command));
	const copy = `${installed}-no-bundle`;
	cpSync(installed, copy, { recursive: true });
	rmSync(join(copy, 'dist/bundle'), { recursive: true });
	return [
		...contestants.filter(({ name }) => name === REGISTRAR || name === LEASE),
		registrar(setUp, NO_CACHE, { NODE_DISABLE_COMPILE_CACHE: '1' }),
		registrar({ ...setUp, command: command.replace(installed, copy) }, NO_BUNDLE),
	];
}
