import { describe, test } from 'vitest';
import { newerEtcd } from '../support/etcd/newer-etcd.js';
import { needs } from '../support/needs.js';
import { KEY_FAULTS } from '../support/stage/key-faults.js';
import { STAGE_FAULTS } from '../support/stage/stage-faults.js';
import { measure } from './measure.js';
import { MENDED, RECONNECTED } from './row.js';

describe('what others do to the key', () => {
	test.for(KEY_FAULTS)('$name', (fault, context) =>
		measure(context, {
			name: fault.name,
			bound: MENDED,
			commit: async (stage) => {
				await fault.commit(stage);
				return performance.now();
			},
		}),
	);
});

describe('three TTLs without', () => {
	test.for(STAGE_FAULTS)('$name', (fault, context) =>
		measure(context, {
			name: fault.name,
			bound: RECONNECTED,
			commit: (stage) => fault.commit(stage, 3 * stage.ttlMs),
		}),
	);
});

describe('on etcd 3.5', () => {
	const binary = newerEtcd();
	const missing = binary === null ? 'no etcd 3.5 can be had (ETCD_35_BIN names one)' : null;
	const stage = { etcd: { binary: binary ?? undefined } };

	test.for(KEY_FAULTS.slice(0, 2))('$name', async (fault, context) => {
		needs(context, missing);
		await measure(context, {
			name: `${fault.name} (etcd 3.5)`,
			bound: MENDED,
			stage,
			commit: async (each) => {
				await fault.commit(each);
				return performance.now();
			},
		});
	});

	test.for(STAGE_FAULTS.filter(({ name }) => /black hole|hangs|with its data|empty/.test(name)))(
		'$name',
		async (fault, context) => {
			needs(context, missing);
			await measure(context, {
				name: `${fault.name} (etcd 3.5)`,
				bound: RECONNECTED,
				stage,
				commit: (each) => fault.commit(each, 3 * each.ttlMs),
			});
		},
	);
});
