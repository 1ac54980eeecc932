import { startEtcd } from '../../test/support/etcd/etcd.js';
import { ended } from '../../test/support/process/guarded.js';
import { type Contestant, LEASE, OURS, TEN_LINES, task, tenLines } from '../contestants.js';
import { alternate, compare, type Row } from '../row.js';
import { Sight } from '../sight.js';
import { pairedRatio } from '../statistics.js';

const MEASURE = 'process start → key visible';

export const startUp: Row = {
	name: 'start-up',
	about: 'process start → key visible in etcd, seen by a watch that was open before',
	async run({ contestants, setUp, runs }) {
		const etcd = await startEtcd();
		const sight = await Sight.open(etcd.endpoint);
		const samples = await alternate([...contestants, tenLines(setUp)], runs(21, 5) + 1, (one) =>
			visibleAfter(one, etcd.endpoint, sight),
		);
		sight.close();
		// The first round reads everybody's files from the disk.
		for (const values of samples.values()) values.shift();
		const short = pairedRatio(samples.get(OURS) ?? [], samples.get(TEN_LINES) ?? []).toFixed(2);
		const notes = { [OURS]: `${short} × the ten-line script (≤ 1.15)` };
		return compare(samples, {
			measure: MEASURE,
			unit: 'ms',
			baseline: LEASE,
			targets: { [OURS]: 0.75 },
			notes,
		});
	},
};

async function visibleAfter(one: Contestant, endpoint: string, sight: Sight): Promise<number> {
	const job = task(endpoint, 30);
	const seen = sight.first(one.prefix(job));
	const fromMs = performance.now();
	const child = one.start(job);
	const atMs = await seen;
	child.kill('SIGKILL');
	await ended(child);
	return atMs - fromMs;
}
