import { startEtcd } from '../../test/support/etcd/etcd.js';
import { ended } from '../../test/support/process/guarded.js';
import { type Contestant, LEASE, REGISTRAR, registrar, TEN_LINES, task, tenLines } from '../contestants.js';
import { alternate, compare, type Row } from '../row.js';
import { Sight } from '../sight.js';
import { pairedRatio } from '../statistics.js';

/** As on a machine on which it has never run. */
const FIRST = `${REGISTRAR}, no code cache yet`;
/** So long a run lasts until it has written its code cache. */
const FIRST_RUN_MS = 5_000;
const MEASURE = 'process start → key visible';

export const startUp: Row = {
	name: 'start-up',
	about: 'process start → key visible in etcd, seen by a watch that was open before',
	async run({ contestants, setUp, runs }) {
		const etcd = await startEtcd();
		const sight = await Sight.open(etcd.endpoint);
		const who = [
			...contestants,
			registrar(setUp, FIRST, { NODE_DISABLE_COMPILE_CACHE: '1' }),
			tenLines(setUp),
		];
		const samples = await alternate(who, runs(21, 5) + 1, (one, round) =>
			visibleAfter(one, etcd.endpoint, sight, round === 0 ? FIRST_RUN_MS : 0),
		);
		sight.close();
		// The first round reads everybody's files from the disk and writes the code cache.
		for (const values of samples.values()) values.shift();
		const short = pairedRatio(samples.get(REGISTRAR) ?? [], samples.get(TEN_LINES) ?? []).toFixed(2);
		const notes = { [REGISTRAR]: `${short} × the ten-line script (≤ 1.15)` };
		return compare(samples, {
			measure: MEASURE,
			unit: 'ms',
			baseline: LEASE,
			targets: { [REGISTRAR]: 0.75 },
			notes,
		});
	},
};

async function visibleAfter(
	one: Contestant,
	endpoint: string,
	sight: Sight,
	lastsMs: number,
): Promise<number> {
	const job = task(endpoint, 30);
	const seen = sight.first(one.prefix(job));
	const fromMs = performance.now();
	const child = one.start(job);
	const atMs = await seen;
	await new Promise((resolve) => setTimeout(resolve, lastsMs));
	child.kill('SIGKILL');
	await ended(child);
	return atMs - fromMs;
}
