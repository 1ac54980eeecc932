import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { type Etcd, startEtcd } from '../../test/support/etcd/etcd.js';
import { freePort } from '../../test/support/network/net.js';
import { ended } from '../../test/support/process/guarded.js';
import { getText } from '../../test/support/process/http.js';
import { cpuNanoseconds, memory } from '../../test/support/process/proc.js';
import { until } from '../../test/support/until.js';
import { type Contestant, LEASE, REGISTRAR, registrar, task } from '../contestants.js';
import { type Bench, compare, type Line, type Row } from '../row.js';

const TTL_SECONDS = 5;
/** Past V8's clean-up after the start, which is of the start. */
const START_MS = 20_000;
const WINDOW_MS = 4 * TTL_SECONDS * 1_000;
const AT_REST = `${REGISTRAR}, endpoints on`;
const EVERYTHING = `${REGISTRAR}, everything on`;

/**
 * Everybody at once, each on an etcd of its own, in the same windows: the noise of the machine hits all
 * alike, and etcd's counters tell whose messages they are.
 */
export const footprint: Row = {
	name: 'footprint',
	about: 'one key at rest: peak memory, CPU, messages to and from etcd',
	async run(bench) {
		const checked = createServer((socket) => socket.on('error', () => {}).end());
		const ports = { rest: await freePort(), everything: await freePort(), checked: await listen(checked) };
		const asking = ask(ports.everything);
		const peaks = new Map<string, number[]>();
		for (let round = bench.runs(3, 1); ; round -= 1) {
			const running = await Promise.all(everybody(bench, ports).map(start));
			await pause(START_MS);
			const samples = round === 1 ? await atRest(running, bench.runs(6, 2)) : null;
			for (const { name, child, etcd } of running) {
				peaks.set(name, [...(peaks.get(name) ?? []), memory(child.pid ?? 0).peak / 2 ** 20]);
				child.kill('SIGKILL');
				await ended(child);
				await etcd.kill();
			}
			if (samples === null) continue;
			clearInterval(asking);
			checked.close();
			return lines(peaks, samples);
		}
	},
};

async function atRest(
	running: readonly Running[],
	windows: number,
): Promise<Record<'cpu' | 'messages', Map<string, number[]>>> {
	const samples = { cpu: samplesOf(running), messages: samplesOf(running) };
	for (let window = 0; window < windows; window += 1) {
		const before = await Promise.all(running.map(sampleOf));
		await pause(WINDOW_MS);
		const after = await Promise.all(running.map(sampleOf));
		running.forEach(({ name }, index) => {
			const [from, to] = [before[index], after[index]];
			if (!from || !to) return;
			const ms = to.atMs - from.atMs;
			samples.cpu.get(name)?.push(((to.cpuNs - from.cpuNs) / 1e6 / ms) * 60_000);
			samples.messages.get(name)?.push(((to.messages - from.messages) / ms) * TTL_SECONDS * 1_000);
		});
	}
	return samples;
}

function lines(
	peaks: Map<string, number[]>,
	{ cpu, messages }: Record<'cpu' | 'messages', Map<string, number[]>>,
): Line[] {
	const measure = (text: string) => `${text}, one key`;
	return [
		...compare(peaks, {
			measure: measure('peak memory'),
			unit: 'MiB',
			baseline: LEASE,
			targets: { [AT_REST]: 1.1, [EVERYTHING]: 1.2 },
		}),
		...compare(cpu, {
			measure: measure('CPU a minute'),
			unit: 'ms',
			baseline: LEASE,
			targets: { [EVERYTHING]: 1.4 },
		}),
		...compare(messages, {
			measure: measure(`messages per TTL of ${TTL_SECONDS} s`),
			unit: 'both ways',
			baseline: LEASE,
		}),
	];
}

/**
 * Everything on: asked as Kubernetes and Prometheus ask, a health check, weights by load, the log at its most
 * talkative.
 */
function everybody(
	{ contestants, setUp }: Bench,
	ports: Readonly<Record<'rest' | 'everything' | 'checked', number>>,
): Contestant[] {
	return [
		...contestants,
		registrar(setUp, AT_REST, { REGISTRAR_HTTP: String(ports.rest) }),
		registrar(setUp, EVERYTHING, {
			REGISTRAR_HTTP: String(ports.everything),
			LOG_LEVEL: 'debug',
			SERVICE_FORMAT: 'json',
			SERVICE_WEIGHT: 'auto',
			SERVICE_CHECK: `tcp://127.0.0.1:${ports.checked}`,
		}),
	];
}

/** Two probes, each as often as Kubernetes does unless told otherwise (10 s), and a scraper each 15 s. */
function ask(port: number): NodeJS.Timeout {
	let tick = 0;
	return setInterval(() => {
		tick += 1;
		const paths = [...(tick % 2 === 0 ? ['/readyz', '/livez'] : []), ...(tick % 3 === 0 ? ['/metrics'] : [])];
		for (const path of paths) getText(`http://127.0.0.1:${port}${path}`).catch(() => {});
	}, 5_000);
}

interface Running {
	readonly name: string;
	readonly etcd: Etcd;
	readonly child: ReturnType<Contestant['start']>;
}

async function start(one: Contestant): Promise<Running> {
	const etcd = await startEtcd();
	const child = one.start(task(etcd.endpoint, TTL_SECONDS));
	await until(async () => (await etcd.metrics()).sum('etcd_debugging_mvcc_keys_total') > 0, {
		what: `a key of ${one.name}`,
	});
	return { name: one.name, etcd, child };
}

async function sampleOf({
	etcd,
	child,
}: Running): Promise<{ atMs: number; cpuNs: number; messages: number }> {
	const metrics = await etcd.metrics();
	const messages = metrics.sum('grpc_server_msg_received_total') + metrics.sum('grpc_server_msg_sent_total');
	return { atMs: performance.now(), cpuNs: cpuNanoseconds(child.pid ?? 0), messages };
}

async function listen(server: Server): Promise<number> {
	await once(server.listen(0, '127.0.0.1'), 'listening');
	return (server.address() as AddressInfo).port;
}

const samplesOf = (running: readonly Running[]) =>
	new Map<string, number[]>(running.map(({ name }) => [name, []]));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
