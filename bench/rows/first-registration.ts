import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { startEtcd } from '../../test/support/etcd/etcd.js';
import { startProxy } from '../../test/support/network/proxy.js';
import { LEASE, REGISTRAR } from '../contestants.js';
import { runProgram } from '../program.js';
import type { Round } from '../programs/first-registration.js';
import { compare, type Row } from '../row.js';

/** Each way. So long that the round trips outweigh what the processes compute. */
const DELAY_MS = 30;

/**
 * On a slow line, where round trips can be told from work; and without delay, where only the work is left.
 */
export const firstRegistration: Row = {
	name: 'first',
	about: 'start() → registered inside a running process, in round trips after the connection',
	async run({ runs }) {
		const slow = await rounds(DELAY_MS, runs(12, 4));
		const fast = await rounds(0, runs(30, 10));
		const trips = (of: 'registrar' | 'lease') =>
			slow.map((round) => (round[of] - (round.fresh - round.warm)) / round.warm);
		return [
			...compare(
				new Map([
					[REGISTRAR, trips('registrar')],
					[LEASE, trips('lease')],
				]),
				{
					measure: 'start() → registered, connection not counted',
					unit: 'round trips',
					baseline: null,
					targets: { [REGISTRAR]: 2.3 },
				},
			),
			...compare(
				new Map([
					[REGISTRAR, fast.map(({ registrar }) => registrar)],
					[LEASE, fast.map(({ lease }) => lease)],
					['one read, connected', fast.map(({ warm }) => warm)],
				]),
				{ measure: 'start() → registered, on loopback', unit: 'ms', baseline: LEASE },
			),
		];
	},
};

/** The first round is left out: it loads modules. */
async function rounds(delayMs: number, count: number): Promise<Round[]> {
	const etcd = await startEtcd();
	const proxy = await startProxy(etcd.endpoint);
	if (delayMs > 0) proxy.delay({ ms: delayMs });
	const child = await runProgram('first-registration', [
		delayMs > 0 ? proxy.endpoint : etcd.endpoint,
		String(count + 1),
	]);
	if (!child.stdout) throw new Error('no output');
	const ended = once(child, 'exit');
	const lines = (await text(child.stdout)).trim().split('\n');
	await ended;
	await proxy.close();
	await etcd.kill();
	return lines.slice(1).map((line) => JSON.parse(line) as Round);
}
