import type { ChildProcess } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { startCluster } from '../../test/support/etcd/cluster.js';
import { type Etcd, startEtcd } from '../../test/support/etcd/etcd.js';
import { Gateway } from '../../test/support/etcd/gateway.js';
import { ended } from '../../test/support/process/guarded.js';
import { cpuSeconds, memory } from '../../test/support/process/proc.js';
import { until } from '../../test/support/until.js';
import { countBelow } from '../below.js';
import { runProgram } from '../program.js';
import { compare, type Line, type Row } from '../row.js';

const INSTANCES = 300;
/** Registered before, so that what any first work costs an etcd is not counted to the instances. */
const FIRST = 60;
const TTL_SECONDS = 4;
const SIZES = [1, 3, 5] as const;

/** What one size of etcd was seen to support. CPU is that of all members together. */
interface Borne {
	readonly restMicroseconds: number;
	readonly kilobytes: number;
	readonly reads: number;
	readonly readMicroseconds: number;
	readonly registrations: number;
	readonly registrationMicroseconds: number;
}

/**
 * What an etcd of one, three and five members supports. Members and load share this machine, so that calls a
 * second say little about another one; CPU a request does, and so does memory an instance.
 */
export const carry: Row = {
	name: 'carry',
	about:
		'what 1, 3 and 5 members of etcd support: CPU a request, memory an instance, calls a second beside their load',
	async run({ runs, say }) {
		const borne = new Map<string, Borne[]>();
		for (let round = runs(3, 1); round > 0; round -= 1) {
			for (const size of SIZES) {
				say(`carry: ${size} of etcd`);
				const name = size === 1 ? '1 member' : `${size} members`;
				borne.set(name, [...(borne.get(name) ?? []), await measure(size, runs(5_000, 2_000))]);
			}
		}
		const line = (text: string, unit: string, of: keyof Borne): Line[] =>
			compare(new Map([...borne].map(([who, all]) => [who, all.map((one) => one[of])])), {
				measure: text,
				unit,
				baseline: '1 member',
			});
		return [
			...line('etcd CPU a request, registrars at rest', 'µs', 'restMicroseconds'),
			...line('etcd memory a registrar at rest, fullest member', 'KiB', 'kilobytes'),
			...line('reads a second, load on the same cores', 'calls', 'reads'),
			...line('etcd CPU a read, under load', 'µs', 'readMicroseconds'),
			...line('registrations a second, load on the same cores', 'grant + put', 'registrations'),
			...line('etcd CPU a registration, under load', 'µs', 'registrationMicroseconds'),
		];
	},
};

async function measure(size: number, loadMs: number): Promise<Borne> {
	const cluster = size === 1 ? null : await startCluster(size);
	const members = cluster?.members ?? [await startEtcd()];
	const endpoints = members.map(({ endpoint }) => endpoint).join(';');
	try {
		// First: a load leaves thousands of leases behind.
		const rest = await atRest(endpoints, members);
		const read = await load('read', endpoints, members, loadMs);
		const register = await load('register', endpoints, members, loadMs);
		return {
			...rest,
			reads: read.perSecond,
			readMicroseconds: read.microseconds,
			registrations: register.perSecond,
			registrationMicroseconds: register.microseconds,
		};
	} finally {
		await Promise.all(members.map((member) => member.kill()));
	}
}

async function load(
	kind: string,
	endpoints: string,
	members: readonly Etcd[],
	ms: number,
): Promise<{ perSecond: number; microseconds: number }> {
	const before = spent(members);
	const child = await runProgram('load', [kind, endpoints, String(ms)]);
	if (!child.stdout) throw new Error('no output');
	const { perSecond, calls } = JSON.parse(await text(child.stdout)) as { perSecond: number; calls: number };
	return { perSecond, microseconds: ((spent(members) - before) / calls) * 1e6 };
}

/** A fleet with nothing to do, for so long that each read and renews several times. */
async function atRest(
	endpoints: string,
	members: readonly Etcd[],
): Promise<Pick<Borne, 'restMicroseconds' | 'kilobytes'>> {
	const rss = () => members.map(({ pid }) => memory(pid).rss);
	const first = await fleet(endpoints, FIRST, 'first');
	const before = rss();
	const rest = await fleet(endpoints, INSTANCES, 'herd');
	const from = { cpu: spent(members), requests: await received(members) };
	await pause(4 * TTL_SECONDS * 1_000);
	const cpu = spent(members) - from.cpu;
	const requests = (await received(members)) - from.requests;
	const grown = Math.max(...rss().map((now, index) => now - (before[index] ?? 0)));
	for (const child of [first, rest]) {
		child.kill('SIGKILL');
		await ended(child);
	}
	return {
		restMicroseconds: (cpu / requests) * 1e6,
		kilobytes: grown / 1024 / Math.ceil(INSTANCES / members.length),
	};
}

/** Resolves when all of it have been there for two TTLs. */
async function fleet(endpoints: string, count: number, name: string): Promise<ChildProcess> {
	const child = await runProgram('herd', ['registrar', endpoints, String(count), String(TTL_SECONDS), name]);
	const gateway = new Gateway(endpoints.split(';')[0] ?? '');
	await until(async () => (await countBelow(gateway, `/ns/${name}/`)) === count, {
		limitMs: 60_000,
		everyMs: 200,
		what: `the fleet ${name}`,
	});
	gateway.close();
	await pause(2 * TTL_SECONDS * 1_000);
	return child;
}

const spent = (members: readonly Etcd[]): number =>
	members.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);

async function received(members: readonly Etcd[]): Promise<number> {
	const counts = await Promise.all(
		members.map(async (member) => (await member.metrics()).sum('grpc_server_msg_received_total')),
	);
	return counts.reduce((sum, count) => sum + count, 0);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
