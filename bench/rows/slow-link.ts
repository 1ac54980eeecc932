import { once } from 'node:events';
import { startEtcd } from '../../test/support/etcd/etcd.js';
import { startProxy } from '../../test/support/network/proxy.js';
import { ended } from '../../test/support/process/guarded.js';
import { runProgram } from '../program.js';
import { compare, type Row } from '../row.js';

const KEYS = 10_000;
const RTT_MS = 60;
const TTL_SECONDS = 5;
/** Long enough for every lease to have run out several times, were it not renewed. */
const WATCHED_MS = 4 * TTL_SECONDS * 1_000;
const REGISTRAR = 'etcd-registrar';

/** A fleet's worth of keys far away: until all of them stand, and whether one is ever missing afterwards. */
export const slowLink: Row = {
	name: 'slow-link',
	about: `${KEYS} keys over a link with a round trip of ${RTT_MS} ms: until all stand, and how many are missing at worst afterwards`,
	async run({ runs }) {
		const ready: number[] = [];
		const missing: number[] = [];
		for (let round = runs(3, 1); round > 0; round -= 1) {
			const etcd = await startEtcd();
			const proxy = await startProxy(etcd.endpoint);
			proxy.delay({ ms: RTT_MS / 2 });
			const child = await runProgram('many-keys', [
				'registrar',
				proxy.endpoint,
				String(KEYS),
				String(TTL_SECONDS),
			]);
			const [line] = child.stdout === null ? [] : await once(child.stdout.setEncoding('utf8'), 'data');
			ready.push((JSON.parse(String(line)) as { readyMs: number }).readyMs / 1_000);
			let worst = 0;
			for (const endMs = performance.now() + WATCHED_MS; performance.now() < endMs; ) {
				const counted = await etcd.ctl('get', '--prefix', '--keys-only', '--write-out=fields', '/ns/');
				const count = Number(/"Count" : (\d+)/.exec(counted)?.[1] ?? 0);
				worst = Math.max(worst, KEYS - count);
			}
			missing.push(worst);
			child.kill('SIGKILL');
			await ended(child);
			await proxy.close();
			await etcd.kill();
		}
		const line = (measure: string, unit: string, values: readonly number[], target: number) =>
			compare(new Map([[REGISTRAR, values]]), {
				measure,
				unit,
				baseline: null,
				targets: { [REGISTRAR]: target },
			});
		return [
			...line(`${KEYS} keys at ${RTT_MS} ms registered after`, 's', ready, 10),
			...line('of them missing afterwards, at worst', 'keys', missing, 0),
		];
	},
};
