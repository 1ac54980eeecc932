import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type Etcd, startEtcd } from '../../test/support/etcd/etcd.js';
import { ended } from '../../test/support/process/guarded.js';
import { cpuNanoseconds, memory } from '../../test/support/process/proc.js';
import { until } from '../../test/support/until.js';
import { runProgram } from '../program.js';
import { alternate, type Bench, compare, type Line, type Row } from '../row.js';

const TTL_SECONDS = 5;
const SOME = 300;
const MANY = 10_000;
const WINDOW_MS = 4 * TTL_SECONDS * 1_000;
const REGISTRAR = { name: 'etcd-registrar', who: 'registrar' } as const;
const LEASES = { name: 'etcd3, a lease a key', who: 'lease' } as const;
type Who = typeof REGISTRAR | typeof LEASES;

interface Running {
	readonly who: Who;
	readonly etcd: Etcd;
	readonly child: ChildProcess;
	readonly readyMs: number;
}

/**
 * Every one on an etcd of its own, so that its counters tell whose messages they are; started in turn, at
 * rest in the same windows.
 */
export const manyKeys: Row = {
	name: 'many-keys',
	about: `${SOME} and ${MANY} keys in one process: until all of them stand, CPU, memory and messages at rest, PUTs for a key that goes`,
	async run(bench) {
		return [...(await some(bench)), ...(await many(bench))];
	},
};

async function some({ runs }: Bench): Promise<Line[]> {
	const kept: Running[] = [];
	const rounds = runs(7, 2);
	const ready = await alternate([REGISTRAR, LEASES], rounds, async (who, round) => {
		const running = await start(who, SOME);
		if (round === rounds - 1) kept.push(running);
		else await stop(running);
		return running.readyMs;
	});
	const { cpu, messages } = await atRest(kept, runs(6, 2));
	const perKey = new Map([...messages].map(([name, values]) => [name, values.map((value) => value / SOME)]));
	await Promise.all(kept.map(stop));
	return [
		...compare(ready, { measure: `${SOME} keys registered after`, unit: 'ms', baseline: LEASES.name }),
		...compare(perKey, {
			measure: `messages a key and TTL, ${SOME} keys`,
			unit: 'both ways',
			baseline: null,
			targets: { [REGISTRAR.name]: 0.05 },
		}),
		...compare(cpu, { measure: `CPU at rest, ${SOME} keys`, unit: '% of a core', baseline: LEASES.name }),
	];
}

async function many({ runs }: Bench): Promise<Line[]> {
	const ready: number[] = [];
	const puts: number[] = [];
	const rounds = runs(5, 1);
	for (let round = 1; round <= rounds; round += 1) {
		const running = await start(REGISTRAR, MANY);
		ready.push(running.readyMs / 1_000);
		puts.push(await putsForOneGone(running));
		if (round < rounds) {
			await stop(running);
			continue;
		}
		const { cpu } = await atRest([running], runs(6, 2));
		const peak = memory(running.child.pid ?? 0).peak / 2 ** 20;
		await stop(running);
		const line = (measure: string, unit: string, values: readonly number[], target: number) =>
			compare(new Map([[REGISTRAR.name, values]]), {
				measure,
				unit,
				baseline: null,
				targets: { [REGISTRAR.name]: target },
			});
		return [
			...line(`${MANY} keys registered after`, 's', ready, 5),
			...line(`CPU at rest, ${MANY} keys`, '% of a core', cpu.get(REGISTRAR.name) ?? [], 5),
			...line(`peak memory, ${MANY} keys`, 'MiB', [peak], 320),
			...line(`for one key that goes, of ${MANY}`, 'PUTs', puts, 1),
		];
	}
	return [];
}

async function start(who: Who, count: number): Promise<Running> {
	const etcd = await startEtcd();
	const child = await runProgram('many-keys', [who.who, etcd.endpoint, String(count), String(TTL_SECONDS)]);
	const [line] = child.stdout === null ? [] : await once(child.stdout.setEncoding('utf8'), 'data');
	const { readyMs } = JSON.parse(String(line)) as { readyMs: number };
	return { who, etcd, child, readyMs };
}

async function stop({ child, etcd }: Running): Promise<void> {
	child.kill('SIGKILL');
	await ended(child);
	await etcd.kill();
}

/** In each window: percent of a core, and messages a TTL. */
async function atRest(
	running: readonly Running[],
	windows: number,
): Promise<Record<'cpu' | 'messages', Map<string, number[]>>> {
	const empty = () => new Map<string, number[]>(running.map(({ who }) => [who.name, []]));
	const samples = { cpu: empty(), messages: empty() };
	await pause(2 * TTL_SECONDS * 1_000);
	for (let window = 0; window < windows; window += 1) {
		const before = await Promise.all(running.map(sampleOf));
		await pause(WINDOW_MS);
		for (const [index, after] of (await Promise.all(running.map(sampleOf))).entries()) {
			const [from, name] = [before[index], running[index]?.who.name ?? ''];
			if (from === undefined) continue;
			const ms = after.atMs - from.atMs;
			samples.cpu.get(name)?.push((after.cpuNs - from.cpuNs) / 1e4 / ms);
			samples.messages.get(name)?.push(((after.messages - from.messages) / ms) * TTL_SECONDS * 1_000);
		}
	}
	return samples;
}

async function sampleOf({
	child,
	etcd,
}: Running): Promise<{ readonly atMs: number; readonly cpuNs: number; readonly messages: number }> {
	const metrics = await etcd.metrics();
	const messages = metrics.sum('grpc_server_msg_received_total') + metrics.sum('grpc_server_msg_sent_total');
	return { atMs: performance.now(), cpuNs: cpuNanoseconds(child.pid ?? 0), messages };
}

/** One that no watch covers; and a TTL more, in which no other PUT may follow. */
async function putsForOneGone({ etcd }: Running): Promise<number> {
	const puts = async () => (await etcd.metrics()).sum('etcd_mvcc_put_total');
	const key = '/ns/many/10.0.30.30:8080';
	const before = await puts();
	await etcd.ctl('del', key);
	await until(async () => (await etcd.ctl('get', key)) !== '', { everyMs: 100, what: `${key} back` });
	await pause(TTL_SECONDS * 1_000);
	return (await puts()) - before;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
