import { startEtcd } from '../../test/support/etcd/etcd.js';
import { Gateway } from '../../test/support/etcd/gateway.js';
import { ended } from '../../test/support/process/guarded.js';
import { until } from '../../test/support/until.js';
import { countBelow } from '../below.js';
import { POLL, REGISTRAR } from '../contestants.js';
import { CountingRelay } from '../counting-relay.js';
import { runProgram } from '../program.js';
import { alternate, compare, type Line, type Row } from '../row.js';

const COUNT = 200;
const TTL_SECONDS = 5;
const TTL_MS = TTL_SECONDS * 1_000;
const WINDOW_MS = 100;
const PREFIX = '/ns/herd/';

interface Seen {
	/** From the return until all keys were there for good. */
	readonly allBackMs: number;
	/**
	 * The most requests in any 100 ms, and in the mean, of the first TTL or of the time until all were back,
	 * whichever is longer.
	 */
	readonly most: number;
	readonly mean: number;
}

const HERD = [
	{ name: REGISTRAR, program: 'registrar' },
	{ name: POLL, program: 'poll' },
];

/** etcd comes back empty: nobody's key is left, so that everybody has everything to do at once. */
export const herd: Row = {
	name: 'herd',
	about: `${COUNT} registrars in one process, etcd down for three TTLs: when all are back, and how hard they press`,
	async run({ runs, say }) {
		const seen = new Map<string, Seen[]>(HERD.map(({ name }) => [name, []]));
		const back = await alternate(HERD, runs(3, 1), async ({ name, program }) => {
			say(`herd: ${name}`);
			const result = await outlive(program);
			seen.get(name)?.push(result);
			return result.allBackMs;
		});
		return [...lines(back, seen)];
	},
};

function lines(back: Map<string, number[]>, seen: Map<string, Seen[]>): Line[] {
	const press = new Map([...seen].map(([who, values]) => [who, values.map(({ most, mean }) => most / mean)]));
	const rates = ([who, values]: [string, Seen[]]) => [
		who,
		`most: ${values.map(({ most }) => most).join(', ')}; mean: ${values.map(({ mean }) => mean.toFixed(1)).join(', ')}`,
	];
	return [
		...compare(back, {
			measure: `herd of ${COUNT}: all back, TTL ${TTL_SECONDS} s`,
			unit: 'ms',
			baseline: null,
			targets: { [REGISTRAR]: TTL_MS },
		}),
		...compare(press, {
			measure: `herd of ${COUNT}: requests in the worst ${WINDOW_MS} ms`,
			unit: '× mean',
			baseline: null,
			notes: Object.fromEntries([...seen].map(rates)),
		}),
	];
}

async function outlive(program: string): Promise<Seen> {
	const etcd = await startEtcd();
	const relay = await CountingRelay.open(etcd.endpoint);
	const child = await runProgram('herd', [program, relay.endpoint, String(COUNT), String(TTL_SECONDS)]);
	const gateway = new Gateway(etcd.endpoint);
	const keys = () => countBelow(gateway, PREFIX);
	try {
		await until(async () => (await keys()) === COUNT, {
			limitMs: 60_000,
			everyMs: 200,
			what: 'all registered',
		});
		await relay.down();
		await etcd.kill();
		await pause(3 * TTL_MS);
		await etcd.wipe();
		const fromMs = performance.now();
		await relay.up();
		const allBackMs = await allBack(keys, fromMs);
		await pause(fromMs + TTL_MS - performance.now());
		const observedMs = performance.now() - fromMs;
		const after = relay.atMs.filter((atMs) => atMs >= fromMs);
		return { allBackMs, most: mostWithin(after, WINDOW_MS), mean: (after.length * WINDOW_MS) / observedMs };
	} finally {
		child.kill('SIGKILL');
		await ended(child);
		gateway.close();
		await relay.down();
		await etcd.kill();
	}
}

/** `NaN` = not within six TTLs. */
async function allBack(keys: () => Promise<number>, fromMs: number): Promise<number> {
	const there = until(async () => (await keys()) === COUNT, { limitMs: 6 * TTL_MS, everyMs: 20 });
	return await there.then(
		() => performance.now() - fromMs,
		() => Number.NaN,
	);
}

/** The highest number of these moments (in order) within any such window. */
export function mostWithin(atMs: readonly number[], windowMs: number): number {
	let first = 0;
	let most = 0;
	atMs.forEach((now, index) => {
		while ((atMs[first] ?? now) <= now - windowMs) first += 1;
		most = Math.max(most, index - first + 1);
	});
	return most;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
