import type { ChildProcess } from 'node:child_process';
import { cpus } from 'node:os';
import { Etcd3 } from 'etcd3';
import { startEtcd } from '../../test/support/etcd/etcd.js';
import { ended, spawnGuarded } from '../../test/support/process/guarded.js';
import { type Contestant, registrar, task } from '../contestants.js';
import { compare, type Row } from '../row.js';
import type { SetUp } from '../set-up.js';

const TTL_SECONDS = 5;
const MINUTE_MS = 60_000;
const WHO = 'SERVICE_WEIGHT=auto';
/**
 * How long which load lasts, in seconds: rest, all cores in use, rest, and a load that comes and goes faster
 * than anybody should follow.
 */
const PHASES: readonly (readonly [seconds: number, load: boolean])[] = [
	[30, false],
	[75, true],
	[75, false],
	...Array.from({ length: 12 }, (_, index): readonly [number, boolean] => [10, index % 2 === 0]),
];

interface Change {
	readonly atMs: number;
	readonly weight: number;
}

export const weight: Row = {
	name: 'weight',
	about: `${WHO} under a load that is made: PUTs a minute, and the weight over time (${seconds(PHASES)} s)`,
	async run({ setUp, say }) {
		const changes = await observe(setUp, say);
		const perMinute = changes.map(
			({ atMs }) => changes.filter((other) => other.atMs >= atMs && other.atMs < atMs + MINUTE_MS).length,
		);
		const line = (measure: string, unit: string, values: readonly number[], target?: number) =>
			compare(new Map([[WHO, values]]), {
				measure,
				unit,
				baseline: null,
				...(target === undefined ? {} : { targets: { [WHO]: target } }),
			});
		return [
			...line('busiest minute', 'PUTs', [Math.max(0, ...perMinute)], 2),
			...line(`in ${seconds(PHASES)} s`, 'PUTs', [changes.length]),
			...line(
				'weight told to clients',
				'of 100',
				changes.map((change) => change.weight),
			),
		];
	},
};

/** The PUTs after the first registration. */
async function observe(setUp: SetUp, say: (text: string) => void): Promise<Change[]> {
	const etcd = await startEtcd();
	const client = new Etcd3({ hosts: etcd.endpoint });
	const contestant: Contestant = registrar(setUp, WHO, { SERVICE_FORMAT: 'json', SERVICE_WEIGHT: 'auto' });
	const job = task(etcd.endpoint, TTL_SECONDS);
	const changes: Change[] = [];
	const beganMs = performance.now();
	const tell = (text: string) =>
		say(`weight: ${String(Math.round((performance.now() - beganMs) / 1_000)).padStart(4)} s  ${text}`);
	const watcher = await client.watch().prefix(contestant.prefix(job)).create();
	watcher.on('put', ({ value }) => {
		const { weight } = JSON.parse(value.toString()) as { weight: number };
		tell(`PUT, weight ${weight}`);
		changes.push({ atMs: performance.now(), weight });
	});
	const child = contestant.start(job);
	for (const [length, load] of PHASES) {
		tell(load ? 'load on all cores' : 'no load of the bench');
		const burning = load ? cpus().map(burn) : [];
		await new Promise((resolve) => setTimeout(resolve, length * 1_000));
		await Promise.all(burning.map(end));
	}
	await end(child);
	client.close();
	await etcd.kill();
	return changes.slice(1);
}

/** Gentle with what else runs, and yet the machine has no idle moment. */
const burn = (): ChildProcess =>
	spawnGuarded('nice', ['-n', '19', process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' });

async function end(child: ChildProcess): Promise<void> {
	child.kill('SIGKILL');
	await ended(child);
}

function seconds(phases: typeof PHASES): number {
	return phases.reduce((sum, [length]) => sum + length, 0);
}
