import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLoadReader } from '../../../src/adapters/host/load/index.js';
import type { Load } from '../../../src/core/weight.js';

type Files = Readonly<Record<string, string>>;
let root: string;

beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), 'load-'));
});
afterEach(() => rm(root, { recursive: true }));

async function plant(files: Files): Promise<void> {
	for (const [path, text] of Object.entries(files)) {
		await mkdir(dirname(join(root, path)), { recursive: true });
		await writeFile(join(root, path), text);
	}
}

/** Two reads, ten seconds apart. */
async function twoReads(before: Files, after: Files): Promise<Load> {
	let nowMs = 0;
	const read = createLoadReader({ root, now: () => nowMs });
	await plant(before);
	await read();
	nowMs = 10_000;
	await plant(after);
	return read();
}

const MIB = 1024 * 1024;
const idle: Files = {
	'proc/stat': 'cpu  100 0 100 10000 0 0 0 0 0 0\n',
	'proc/loadavg': '0.00 0.00 0.00 1/100 1\n',
	'proc/meminfo': 'MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    900 kB\n',
	'proc/self/cgroup': '0::/\n',
};
const stat = (busy: number, rest: number): Files => ({
	'proc/stat': `cpu  ${100 + busy} 0 100 ${10_000 + rest} 0 0 0 0 0 0\n`,
});
const v2 = (folder: string, seconds: number, max = '50000 100000'): Files => ({
	[`sys/fs/cgroup${folder}/cpu.max`]: `${max}\n`,
	[`sys/fs/cgroup${folder}/cpu.stat`]: `usage_usec ${seconds * 1e6}\nuser_usec 0\n`,
});
const v1 = ([cpu, cpuacct]: readonly [string, string], folder: string, seconds: number): Files => ({
	'proc/self/cgroup': `5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n`,
	[`sys/fs/cgroup/${cpu}${folder}/cpu.cfs_quota_us`]: '200000\n',
	[`sys/fs/cgroup/${cpu}${folder}/cpu.cfs_period_us`]: '100000\n',
	[`sys/fs/cgroup/${cpuacct}${folder}/cpuacct.usage`]: `${seconds * 1e9}\n`,
});

describe('cpu between two reads', () => {
	const rows: [string, Files, Files, number][] = [
		['an idle machine', idle, stat(0, 1000), 0],
		['a machine with a quarter of its cores in use', idle, stat(250, 750), 0.25],
		[
			'a quota of half a core, half of it used',
			{ ...idle, ...v2('', 10) },
			{ ...stat(0, 1000), ...v2('', 12.5) },
			0.5,
		],
		[
			'no quota',
			{ ...idle, ...v2('', 10, 'max 100000') },
			{ ...stat(0, 1000), ...v2('', 15, 'max 100000') },
			0,
		],
		[
			'a quota that is set above our own cgroup',
			{ ...idle, 'proc/self/cgroup': '0::/pod/app\n', ...v2('/pod/app', 0, 'max 100000'), ...v2('/pod', 20) },
			{ ...v2('/pod', 24), ...stat(0, 1000) },
			0.8,
		],
		[
			'a path that the container does not see',
			{ ...idle, 'proc/self/cgroup': '0::/../other\n', ...v2('', 0) },
			{ ...v2('', 2), ...stat(0, 1000) },
			0.4,
		],
		[
			'version 1',
			{ ...idle, ...v1(['cpu,cpuacct', 'cpu,cpuacct'], '/docker/abc', 0) },
			{ ...v1(['cpu,cpuacct', 'cpu,cpuacct'], '/docker/abc', 10), ...stat(0, 1000) },
			0.5,
		],
		[
			'version 1 in a container',
			{ ...idle, ...v1(['cpu', 'cpuacct'], '', 0) },
			{ ...v1(['cpu', 'cpuacct'], '', 5), ...stat(0, 1000) },
			0.25,
		],
		[
			'pressure',
			{ ...idle, 'proc/pressure/cpu': 'some avg10=30.00 avg60=0.00 avg300=0.00 total=1\n' },
			stat(0, 1000),
			0.3,
		],
		[
			'our own cgroup’s pressure before the machine’s',
			{
				...idle,
				'proc/pressure/cpu': 'some avg10=90.00\n',
				'sys/fs/cgroup/cpu.pressure': 'some avg10=20.00 avg60=0\nfull avg10=99.00\n',
			},
			stat(0, 1000),
			0.2,
		],
		['the scarcest counts', { ...idle, ...v2('', 0) }, { ...v2('', 1), ...stat(700, 300) }, 0.7],
		['never more than all', { ...idle, ...v2('', 0) }, v2('', 500), 1],
	];
	it.each(rows)('%s', async (_sentence, before, after, cpu) => {
		expect((await twoReads(before, after)).cpu).toBeCloseTo(cpu, 5);
	});
});

describe('memory', () => {
	const rows: [string, Files, number][] = [
		['of the machine', {}, 0.1],
		[
			'of a limit, less the cache that can be dropped',
			{
				'sys/fs/cgroup/memory.max': `${100 * MIB}\n`,
				'sys/fs/cgroup/memory.current': `${80 * MIB}\n`,
				'sys/fs/cgroup/memory.stat': `anon 1\ninactive_file ${30 * MIB}\n`,
			},
			0.5,
		],
		[
			'without a limit',
			{ 'sys/fs/cgroup/memory.max': 'max\n', 'sys/fs/cgroup/memory.current': `${80 * MIB}\n` },
			0.1,
		],
		[
			'of a limit above our own cgroup',
			{
				'proc/self/cgroup': '0::/a/b\n',
				'sys/fs/cgroup/a/memory.max': `${10 * MIB}\n`,
				'sys/fs/cgroup/a/memory.current': `${9 * MIB}\n`,
			},
			0.9,
		],
		[
			'of version 1',
			{
				'proc/self/cgroup': '4:memory:/docker/abc\n',
				'sys/fs/cgroup/memory/memory.limit_in_bytes': `${10 * MIB}\n`,
				'sys/fs/cgroup/memory/memory.usage_in_bytes': `${8 * MIB}\n`,
				'sys/fs/cgroup/memory/memory.stat': `total_inactive_file ${2 * MIB}\n`,
			},
			0.6,
		],
		[
			'of version 1 without a limit',
			{
				'proc/self/cgroup': '4:memory:/\n',
				'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
				'sys/fs/cgroup/memory/memory.usage_in_bytes': `${8 * MIB}\n`,
			},
			0.1,
		],
	];
	it.each(rows)('%s', async (_sentence, files, memory) => {
		await plant({ ...idle, ...files });
		expect((await createLoadReader({ root })()).memory).toBeCloseTo(memory, 5);
	});
});

it('where there is nothing to read, Node’s own figures do', async () => {
	const read = createLoadReader({ root });
	for (const { cpu, memory } of [await read(), await read()]) {
		expect(cpu).toBeGreaterThanOrEqual(0);
		expect(cpu).toBeLessThanOrEqual(1);
		expect(memory).toBeGreaterThan(0);
		expect(memory).toBeLessThanOrEqual(1);
	}
});

it('this machine is seen at work', async () => {
	const read = createLoadReader();
	await read();
	const until = performance.now() + 300;
	let spins = 0;
	while (performance.now() < until) spins++;
	const { cpu, memory } = await read();
	expect(spins).toBeGreaterThan(0);
	expect(cpu).toBeGreaterThan(0);
	expect(memory).toBeGreaterThan(0);
});
