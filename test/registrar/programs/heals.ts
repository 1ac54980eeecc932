import { Etcd3 } from 'etcd3';
import { createRegistrar } from '../../../src/index.js';
import { until } from '../../support/until.js';

/** What a process holds after so many heals; one line of JSON each. */
export interface Held {
	readonly heals: number;
	/** Bytes of heap in use after a full collection. */
	readonly heap: number;
	/** Timers, sockets and whatever else keeps an event loop busy. */
	readonly resources: number;
	/** Listeners on the process itself. */
	readonly listeners: number;
	/** Warnings that Node gave so far, such as one of too many listeners. */
	readonly warnings: number;
}

/**
 * `node --expose-gc heals.mjs ENDPOINT HEALS...`: a registrar whose key is deleted again and again by
 * somebody else, and put back by a pass each time. Tells what the process holds after each of the numbers of
 * heals.
 */
const [endpoint = '', ...marks] = process.argv.slice(2);
const KEY = '/ns/heals/10.0.0.5:8080';
let warnings = 0;
process.on('warning', () => {
	warnings += 1;
});

const other = new Etcd3({ hosts: endpoint });
const registrar = createRegistrar({
	endpoints: endpoint,
	ttlSeconds: 60,
	services: [{ name: 'heals', addr: '10.0.0.5:8080' }],
});
await registrar.start();
await registrar.ready();
let heals = 0;
for (const mark of marks.map(Number)) {
	while (heals < mark) {
		await other.delete().key(KEY).exec();
		await registrar.reconcile();
		heals += 1;
	}
	process.stdout.write(`${JSON.stringify(await held())}\n`);
}
const { repairs } = registrar.status().counters;
const value = await other.get(KEY).string();
process.stdout.write(`${JSON.stringify({ repaired: repairs.absent, value })}\n`);
// It stays, so that its leases can be counted, until its input ends.
process.stdin.resume().once('end', () => process.exit());

/** At rest: a hint that still waits would hold a timer. */
async function held(): Promise<Held> {
	let before = -1;
	await until(
		() => {
			globalThis.gc?.();
			const now = process.getActiveResourcesInfo().length;
			const steady = now === before;
			before = now;
			return steady;
		},
		{ everyMs: 1_500, what: 'rest' },
	);
	const names = process.eventNames();
	const listeners = names.reduce((sum, name) => sum + process.listenerCount(name), 0);
	return { heals, heap: process.memoryUsage().heapUsed, resources: before, listeners, warnings };
}
