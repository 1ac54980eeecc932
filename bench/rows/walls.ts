import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Etcd, startEtcd } from '../../test/support/etcd/etcd.js';
import { Gateway } from '../../test/support/etcd/gateway.js';
import { ended } from '../../test/support/process/guarded.js';
import { cpuSeconds, memory } from '../../test/support/process/proc.js';
import { until } from '../../test/support/until.js';
import { countBelow } from '../below.js';
import { runProgram } from '../program.js';
import { compare, type Line, type Row } from '../row.js';

/** As the program grants them. */
const LEASE_SECONDS = 30;
const RENEWING_MS = 10_000;
const WHO = '1 member';

/**
 * Leases, watches and connections piled up one kind at a time, so that it shows which of them is the wall.
 */
export const walls: Row = {
	name: 'walls',
	about:
		'what leases, watches and connections cost an etcd of one member, and how fast it lets go of dead leases',
	async run({ runs, say }) {
		const samples: Record<string, number[]> = {};
		const take = (values: Readonly<Record<string, number>>) => {
			for (const [name, value] of Object.entries(values)) samples[name] = [...(samples[name] ?? []), value];
		};
		const many = runs(10_000, 2_000);
		for (let round = runs(3, 1); round > 0; round -= 1) {
			say(`walls: ${many} leases`);
			take(await leases(many));
			say(`walls: ${many} watches`);
			take({ watch: await kilobytes('watches', many) });
			say('walls: connections');
			take({ connection: await kilobytes('connections', runs(1_000, 300)) });
		}
		const line = (name: string, measure: string, unit: string): Line[] =>
			compare(new Map([[WHO, samples[name] ?? []]]), { measure, unit, baseline: null });
		return [
			...line('lease', 'etcd memory a lease with its key', 'KiB'),
			...line('watch', 'etcd memory a watch', 'KiB'),
			...line('connection', 'etcd memory a connection with its two streams', 'KiB'),
			...line('renewals', 'renewals a second, load on the same cores', 'calls'),
			...line('renewal', 'etcd CPU a renewal, under load', 'µs'),
			...line('gone', `${many} leases die at once: last key gone after the TTL`, 's'),
		];
	},
};

async function leases(count: number): Promise<Record<'lease' | 'renewals' | 'renewal' | 'gone', number>> {
	const etcd = await startEtcd();
	const before = memory(etcd.pid).rss;
	const child = await runProgram('pile', ['leases', etcd.endpoint, String(count)]);
	const lines = linesOf(child);
	await lines.next();
	const lease = (memory(etcd.pid).rss - before) / 1024 / count;
	const from = { ...(await told(lines)), cpu: cpuSeconds(etcd.pid) };
	let to = from;
	while (to.ms - from.ms < RENEWING_MS) to = { ...(await told(lines)), cpu: cpuSeconds(etcd.pid) };
	const renewals = to.renewals - from.renewals;
	await end(child);
	const gone = await untilGone(etcd);
	await etcd.kill();
	return {
		lease,
		renewals: (renewals / (to.ms - from.ms)) * 1_000,
		renewal: ((to.cpu - from.cpu) / renewals) * 1e6,
		gone,
	};
}

/** Seconds over the TTL until the last key is gone, when nobody renews any more. */
async function untilGone({ endpoint }: Etcd): Promise<number> {
	const diedMs = performance.now();
	const gateway = new Gateway(endpoint);
	await until(async () => (await countBelow(gateway, '/ns/pile/')) === 0, {
		limitMs: 300_000,
		everyMs: 100,
		what: 'the last key gone',
	});
	gateway.close();
	return (performance.now() - diedMs) / 1_000 - LEASE_SECONDS;
}

async function kilobytes(kind: 'watches' | 'connections', count: number): Promise<number> {
	const etcd = await startEtcd();
	const before = memory(etcd.pid).rss;
	const child = await runProgram('pile', [kind, etcd.endpoint, String(count)]);
	await linesOf(child).next();
	const grown = memory(etcd.pid).rss - before;
	await end(child);
	await etcd.kill();
	return grown / 1024 / count;
}

function linesOf({ stdout }: ChildProcess): AsyncIterator<string> {
	if (stdout === null) throw new Error('no output');
	return createInterface(stdout)[Symbol.asyncIterator]();
}

async function told(lines: AsyncIterator<string>): Promise<{ renewals: number; ms: number }> {
	return JSON.parse((await lines.next()).value) as { renewals: number; ms: number };
}

async function end(child: ChildProcess): Promise<void> {
	child.kill('SIGKILL');
	await ended(child);
}
