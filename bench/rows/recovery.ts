import { type Etcd, startEtcd } from '../../test/support/etcd/etcd.js';
import { Gateway, type SeenKey } from '../../test/support/etcd/gateway.js';
import { startProxy, type TcpProxy } from '../../test/support/network/proxy.js';
import { Timeline } from '../../test/support/stage/timeline.js';
import { until } from '../../test/support/until.js';
import { countBelow, removeBelow } from '../below.js';
import { type Contestant, POLL, REGISTRAR, task } from '../contestants.js';
import { compare, type Line, type Row } from '../row.js';

const TTL_SECONDS = 3;
const TTL_MS = TTL_SECONDS * 1_000;
/** Who has not come back by then does not come back. */
const LIMIT_MS = 8 * TTL_MS;

interface Scene {
	readonly etcd: Etcd;
	readonly proxy: TcpProxy;
	readonly gateway: Gateway;
	readonly prefix: string;
}

interface Fault {
	readonly name: string;
	readonly commit: (scene: Scene) => Promise<void>;
	/** How long the key is watched at least, since a lease that revives makes it vanish once more. */
	readonly settleMs: number;
	readonly rounds: readonly [full: number, quick: number];
	/** What the registrar may take at TTL 3, in the median. */
	readonly targetMs: number;
}

const FAULTS: readonly Fault[] = [
	{
		name: 'key deleted',
		settleMs: TTL_MS,
		rounds: [5, 1],
		targetMs: 150,
		commit: ({ gateway, prefix }) => removeBelow(gateway, prefix),
	},
	{
		name: 'etcd killed, back after two TTLs',
		settleMs: LIMIT_MS / 2,
		rounds: [3, 1],
		targetMs: 500,
		async commit({ etcd }) {
			await etcd.kill();
			await pause(2 * TTL_MS);
			await etcd.start();
		},
	},
	{
		name: 'black hole for three TTLs',
		settleMs: LIMIT_MS / 2,
		rounds: [3, 1],
		targetMs: 500,
		async commit({ proxy }) {
			await proxy.mode('blackhole');
			await pause(3 * TTL_MS);
			await proxy.mode('pass');
		},
	},
];

/**
 * Everybody at once, each behind a proxy and on an etcd of its own: their faults last long and cost nothing.
 */
export const recovery: Row = {
	name: 'recovery',
	about: 'from the end of a fault to the key being there for good: deleted, etcd restarted, black hole',
	async run(bench) {
		const lines: Line[] = [];
		for (const fault of FAULTS) {
			bench.say(`recovery: ${fault.name}`);
			const samples = new Map<string, number[]>(bench.contestants.map(({ name }) => [name, []]));
			for (let round = bench.runs(...fault.rounds); round > 0; round -= 1) {
				await Promise.all(
					bench.contestants.map(async (one) => void samples.get(one.name)?.push(await outlive(one, fault))),
				);
			}
			lines.push(
				...compare(samples, {
					measure: `recovery: ${fault.name}`,
					unit: 'ms',
					baseline: POLL,
					targets: { [REGISTRAR]: fault.targetMs },
					targetOf: 'median',
					notes: lost(samples),
				}),
			);
		}
		return lines;
	},
};

const lost = (samples: ReadonlyMap<string, readonly number[]>): Record<string, string> =>
	Object.fromEntries(
		[...samples].map(([who, values]) => [
			who,
			values.every((value) => Number.isNaN(value)) ? `did not come back within ${LIMIT_MS / 1_000} s` : '',
		]),
	);

/** Milliseconds to there for good; `NaN` = it did not come back. */
async function outlive(one: Contestant, fault: Fault): Promise<number> {
	const etcd = await startEtcd();
	const proxy = await startProxy(etcd.endpoint);
	const gateway = new Gateway(etcd.endpoint);
	const job = task(proxy.endpoint, TTL_SECONDS);
	const prefix = one.prefix(job);
	const child = one.start(job);
	const timeline = new Timeline({ get: () => firstBelow(gateway, prefix) }, prefix, () => true, 20);
	try {
		await until(() => timeline.now === 'right' || child.exitCode !== null, {
			limitMs: 60_000,
			everyMs: 20,
			what: `${one.name} registered`,
		});
		if (child.exitCode !== null) throw new Error(`${one.name} ended (${child.exitCode})`);
		// Into another part of its interval each time: a poll that was just there would look worse than it is.
		await pause(TTL_MS * (1 + Math.random()));
		await fault.commit({ etcd, proxy, gateway, prefix });
		const fromMs = performance.now();
		await pause(fault.settleMs);
		await until(() => timeline.now === 'right', { limitMs: LIMIT_MS - fault.settleMs, everyMs: 20 }).catch(
			() => {},
		);
		return timeline.now === 'right' ? timeline.rightForGoodAfter(fromMs) : Number.NaN;
	} finally {
		child.kill('SIGKILL');
		await timeline.stop();
		gateway.close();
		await proxy.close();
		await etcd.kill();
	}
}

/** For the timeline, which asks for a key: any key below the prefix is the key. */
async function firstBelow(gateway: Gateway, prefix: string): Promise<SeenKey | null> {
	return (await countBelow(gateway, prefix)) === 0 ? null : { value: '', lease: null, modRevision: '0' };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
