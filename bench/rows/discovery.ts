import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Etcd3 } from 'etcd3';
import { type Discovery, discover } from '../../src/discovery.js';
import { addrOf, putMany } from '../../test/discovery/put-many.js';
import { type Etcd, startEtcd } from '../../test/support/etcd/etcd.js';
import { ended } from '../../test/support/process/guarded.js';
import { cpuNanoseconds, memory } from '../../test/support/process/proc.js';
import { startRegistrar } from '../../test/support/process/registrar.js';
import { REGISTRAR } from '../contestants.js';
import { runProgram } from '../program.js';
import { type Bench, compare, type Line, type Row } from '../row.js';

const MANY = 10_000;
const TTL_SECONDS = 5;
/** Of one process; together as many as `readers` says. */
const READERS_EACH = 100;
const INSTANCES = 10;
const WINDOW_MS = 30_000;
const MIB = 2 ** 20;

/** What a reader sees when, and what it costs: itself, and etcd. */
export const discovery: Row = {
	name: 'discovery',
	about: `a change until it is told, ${MANY} instances of one name, 1000 readers on one etcd`,
	async run(bench) {
		return [
			...(await changes(bench)),
			...(await crash(bench)),
			...(await many(bench)),
			...(await readers(bench)),
		];
	},
};

const line = (
	measure: string,
	unit: string,
	values: readonly number[],
	{ target, note = '' }: { readonly target?: number; readonly note?: string } = {},
): Line[] =>
	compare(new Map([[REGISTRAR, values]]), {
		measure,
		unit,
		baseline: null,
		...(target === undefined ? {} : { targets: { [REGISTRAR]: target } }),
		notes: { [REGISTRAR]: note },
	});

/** From the moment at which somebody begins to write to etcd. */
async function changes({ runs }: Bench): Promise<Line[]> {
	const etcd = await startEtcd();
	const client = new Etcd3({ hosts: etcd.endpoint });
	await client.put('/ns/user/10.0.0.1:80').value('10.0.0.1:80');
	const users = discover({ endpoints: etcd.endpoint, name: 'user' });
	await users.ready();
	await pause(500);
	const [put, removed]: [number[], number[]] = [[], []];
	for (let run = 0; run < runs(200, 20); run += 1) {
		put.push(await untilTold(users, () => client.put('/ns/user/10.0.0.2:80').value('10.0.0.2:80').exec()));
		await pause(150);
		removed.push(await untilTold(users, () => client.delete().key('/ns/user/10.0.0.2:80').exec()));
		await pause(150);
	}
	await users.close();
	client.close();
	await etcd.kill();
	return [
		...line('a registration until it is told', 'ms', put, { target: 50 }),
		...line('a deregistration until it is told', 'ms', removed, { target: 50 }),
	];
}

async function crash({ runs, setUp }: Bench): Promise<Line[]> {
	const etcd = await startEtcd();
	const client = new Etcd3({ hosts: etcd.endpoint });
	await client.put('/ns/user/10.0.0.1:80').value('10.0.0.1:80');
	const users = discover({ endpoints: etcd.endpoint, name: 'user' });
	await users.ready();
	const seconds: number[] = [];
	for (let run = 0; run < runs(5, 1); run += 1) {
		const there = changed(users);
		const registrar = startRegistrar(etcd.endpoint, { ttlSeconds: TTL_SECONDS, entry: setUp.command });
		await there;
		// Somewhere between two renewals.
		await pause(2_000 + run * 300);
		seconds.push((await untilTold(users, async () => registrar.signal('SIGKILL'))) / 1_000);
	}
	await users.close();
	client.close();
	await etcd.kill();
	return line('a crash until it is told', 's', seconds, {
		target: TTL_SECONDS + 1,
		note: `TTL ${TTL_SECONDS} s`,
	});
}

async function many({ runs }: Bench): Promise<Line[]> {
	const etcd = await startEtcd();
	await putMany(etcd, '/ns/many/', MANY);
	const samples = { first: [] as number[], told: [] as number[], rss: [] as number[], cpu: [] as number[] };
	const rounds = runs(5, 1);
	for (let round = 1; round <= rounds; round += 1) {
		const reader = await startReaders(etcd, 1, 'many');
		samples.first.push(reader.readyMs);
		samples.rss.push(reader.rss / MIB);
		await pause(1_000);
		samples.told.push(await toldAfterPut(etcd, 'many', addrOf(MANY + round), [reader]));
		if (round === rounds) samples.cpu.push(...(await cpuAtRest(reader.child.pid ?? 0, runs(4, 1))));
		await reader.stop();
	}
	await etcd.kill();
	return [
		...line(`${MANY} instances: the first list`, 'ms', samples.first),
		...line(`${MANY} instances: a change until it is told`, 'ms', samples.told),
		...line(`${MANY} instances: memory of the process`, 'MiB', samples.rss),
		...line(`${MANY} instances: CPU at rest`, '% of a core', samples.cpu, {
			note: 'all of them read every 10 s',
		}),
	];
}

async function readers({ runs, say }: Bench): Promise<Line[]> {
	const etcd = await startEtcd();
	await putMany(etcd, '/ns/user/', INSTANCES);
	const alone = memory(etcd.pid).rss;
	const count = runs(1_000, 200);
	const all: Readers[] = [];
	for (let at = 0; at < count; at += READERS_EACH) {
		say(`${at} of ${count} readers`);
		all.push(await startReaders(etcd, READERS_EACH, 'user'));
	}
	await pause(10_000);
	const cpu = await cpuAtRest(etcd.pid, runs(4, 1));
	const rss = (memory(etcd.pid).rss - alone) / MIB;
	const told: number[] = [];
	for (let run = 0; run < runs(10, 2); run += 1) {
		told.push(await toldAfterPut(etcd, 'user', addrOf(INSTANCES + run), all));
		await pause(2_000);
	}
	await Promise.all(all.map((each) => each.stop()));
	await etcd.kill();
	const note = `a service of ${INSTANCES} instances; each reader a client, a watch and a read every 10 s`;
	return [
		...line(`${count} readers: etcd's CPU at rest`, '% of a core', cpu, { note }),
		...line(`${count} readers: etcd's memory for them`, 'MiB', [rss]),
		...line(`${count} readers: a change until the last of them has it`, 'ms', told),
	];
}

interface Readers {
	readonly child: ChildProcess;
	readonly readyMs: number;
	readonly rss: number;
	/** The moment, by the wall clock, at which all of them had been told of the next change. */
	told(): Promise<number>;
	stop(): Promise<void>;
}

/** So many in one process. */
async function startReaders(etcd: Etcd, count: number, name: string): Promise<Readers> {
	const child = await runProgram('readers', [etcd.endpoint, String(count), name], ['--expose-gc']);
	const lines: string[] = [];
	const waiting: ((line: string) => void)[] = [];
	if (child.stdout !== null)
		createInterface(child.stdout).on('line', (text) => {
			const next = waiting.shift();
			if (next === undefined) lines.push(text);
			else next(text);
		});
	const next = async <T>(): Promise<T> =>
		JSON.parse(lines.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve)))) as T;
	const { readyMs, rss } = await next<{ readyMs: number; rss: number }>();
	return {
		...{ child, readyMs, rss },
		told: async () => (await next<{ changedAtMs: number }>()).changedAtMs,
		async stop() {
			child.kill('SIGKILL');
			await ended(child);
		},
	};
}

async function toldAfterPut(
	etcd: Etcd,
	name: string,
	addr: string,
	all: readonly Readers[],
): Promise<number> {
	const told = Promise.all(all.map((each) => each.told()));
	const client = new Etcd3({ hosts: etcd.endpoint });
	await client.get('/none');
	const beganMs = performance.timeOrigin + performance.now();
	await client.put(`/ns/${name}/${addr}`).value(addr);
	const lastMs = Math.max(...(await told));
	client.close();
	return lastMs - beganMs;
}

async function cpuAtRest(pid: number, windows: number): Promise<number[]> {
	const percents: number[] = [];
	for (let window = 0; window < windows; window += 1) {
		const [fromNs, fromMs] = [cpuNanoseconds(pid), performance.now()];
		await pause(WINDOW_MS);
		percents.push((cpuNanoseconds(pid) - fromNs) / 1e4 / (performance.now() - fromMs));
	}
	return percents;
}

/** Milliseconds from the beginning of the act until the next change is told. */
async function untilTold(users: Discovery, act: () => Promise<unknown>): Promise<number> {
	const told = changed(users);
	const beganMs = performance.now();
	await act();
	await told;
	return performance.now() - beganMs;
}

const changed = (users: Discovery): Promise<void> =>
	new Promise((resolve) => {
		const off = users.on('changed', () => {
			off();
			resolve();
		});
	});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
