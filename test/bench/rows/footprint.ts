import { type Etcd, startEtcd } from '../../support/etcd.js';
import { getText } from '../../support/http.js';
import { freePort } from '../../support/net.js';
import { cpuNanoseconds, memory } from '../../support/proc.js';
import { until } from '../../support/until.js';
import { type Contestant, LEASE, OURS, ours, task } from '../contestants.js';
import { type Bench, compare, type Line, type Row } from '../row.js';

const TTL_SECONDS = 5;
const WINDOW_MS = 4 * TTL_SECONDS * 1_000;
const AT_REST = `${OURS}, endpoints on`;
const EVERYTHING = `${OURS}, everything on`;

/**
 * Everybody at once, each on an etcd of its own, in the same windows: the noise of the machine hits all alike, and etcd's counters
 * tell whose messages they are.
 */
export const footprint: Row = {
	name: 'footprint',
	about: 'one key at rest: peak memory, CPU, messages to and from etcd',
	async run(bench) {
		const ports = { rest: await freePort(), everything: await freePort() };
		const running = await Promise.all(everybody(bench, ports).map(start));
		const asking = ask(ports.everything);
		const samples = { cpu: samplesOf(running), messages: samplesOf(running) };
		await pause(2 * TTL_SECONDS * 1_000);
		for (let window = bench.runs(6, 2); window > 0; window -= 1) {
			const before = await Promise.all(running.map(look));
			await pause(WINDOW_MS);
			const after = await Promise.all(running.map(look));
			running.forEach(({ name }, index) => {
				const [from, to] = [before[index], after[index]];
				if (!from || !to) return;
				const ms = to.atMs - from.atMs;
				samples.cpu.get(name)?.push(((to.cpuNs - from.cpuNs) / 1e6 / ms) * 60_000);
				samples.messages.get(name)?.push(((to.messages - from.messages) / ms) * TTL_SECONDS * 1_000);
			});
		}
		clearInterval(asking);
		const peaks = new Map(running.map(({ name, child }) => [name, [memory(child.pid ?? 0).peak / 2 ** 20]]));
		for (const { child, etcd } of running) {
			child.kill('SIGKILL');
			await etcd.kill();
		}
		return lines(peaks, samples);
	},
};

function lines(peaks: Map<string, number[]>, { cpu, messages }: Record<'cpu' | 'messages', Map<string, number[]>>): Line[] {
	const measure = (text: string) => `${text}, one key`;
	return [
		...compare(peaks, { measure: measure('peak memory'), unit: 'MiB', baseline: LEASE, targets: { [AT_REST]: 1.1, [EVERYTHING]: 1.2 } }),
		...compare(cpu, { measure: measure('CPU a minute'), unit: 'ms', baseline: LEASE, targets: { [EVERYTHING]: 1.4 } }),
		...compare(messages, { measure: measure(`messages per TTL of ${TTL_SECONDS} s`), unit: 'both ways', baseline: LEASE }),
	];
}

/** Everything on: asked as Kubernetes and Prometheus ask, a health check, weights by load, the log at its most talkative. */
function everybody({ contestants, setUp }: Bench, ports: { rest: number; everything: number }): Contestant[] {
	return [
		...contestants,
		ours(setUp, AT_REST, { REGISTRAR_HTTP: String(ports.rest) }),
		ours(setUp, EVERYTHING, {
			REGISTRAR_HTTP: String(ports.everything),
			LOG_LEVEL: 'debug',
			SERVICE_FORMAT: 'json',
			SERVICE_WEIGHT: 'auto',
			SERVICE_CHECK: `tcp://127.0.0.1:${ports.everything}`,
		}),
	];
}

function ask(port: number): NodeJS.Timeout {
	let beat = 0;
	return setInterval(() => {
		beat += 1;
		for (const path of beat % 3 === 0 ? ['/readyz', '/livez', '/metrics'] : ['/readyz', '/livez']) {
			getText(`http://127.0.0.1:${port}${path}`).catch(() => {});
		}
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
	await until(async () => (await etcd.metrics()).sum('etcd_debugging_mvcc_keys_total') > 0, { what: `a key of ${one.name}` });
	return { name: one.name, etcd, child };
}

async function look({ etcd, child }: Running): Promise<{ atMs: number; cpuNs: number; messages: number }> {
	const metrics = await etcd.metrics();
	const messages = metrics.sum('grpc_server_msg_received_total') + metrics.sum('grpc_server_msg_sent_total');
	return { atMs: performance.now(), cpuNs: cpuNanoseconds(child.pid ?? 0), messages };
}

const samplesOf = (running: readonly Running[]) => new Map<string, number[]>(running.map(({ name }) => [name, []]));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
