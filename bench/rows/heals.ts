import { pathToFileURL } from 'node:url';
import { healing } from '../../test/support/stage/healing.js';
import { REGISTRAR } from '../contestants.js';
import { inCheckout } from '../paths.js';
import { compare, type Line, type Row } from '../row.js';

/** The key deleted by somebody else and put back by a pass, again and again in one process. */
export const heals: Row = {
	name: 'heals',
	about: '10,000 forced heals: heap, timers and sockets, leases, against what the first 100 left',
	async run({ runs }) {
		const ends: (() => Promise<void>)[] = [];
		const last = runs(10_000, 1_000);
		const healed = await healing(
			pathToFileURL(inCheckout('test/registrar/programs/heals.ts')),
			[100, last],
			(end) => ends.push(end),
		);
		for (const end of ends) await end();
		const { first, last: held, leases, repaired } = healed;
		const line = (measure: string, unit: string, value: number, target: number, note = ''): Line[] =>
			compare(new Map([[REGISTRAR, [value]]]), {
				measure,
				unit,
				baseline: null,
				targets: { [REGISTRAR]: target },
				notes: { [REGISTRAR]: note },
			});
		const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(2);
		return [
			...line(
				`heap after ${last} heals`,
				'× after 100',
				held.heap / first.heap,
				1.05,
				`${megabytes(first.heap)} → ${megabytes(held.heap)} MiB; ${repaired} repairs counted`,
			),
			...line(
				`timers and sockets after ${last} heals`,
				'more than after 100',
				held.resources - first.resources,
				2,
			),
			...line(`leases after ${last} heals`, 'in etcd', leases, 1),
		];
	},
};
