import { describe, test } from 'vitest';
import { KEY_FAULTS } from '../support/key-faults.js';
import { STAGE_FAULTS } from '../support/stage-faults.js';
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
		measure(context, { name: fault.name, bound: RECONNECTED, commit: (stage) => fault.commit(stage, 3 * stage.ttlMs) }),
	);
});
