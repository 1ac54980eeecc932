import { describe, expect, test } from 'vitest';
import { compile } from '../support/compile.js';
import { KEY_FAULTS } from '../support/stage/key-faults.js';
import { measure, TTL_SECONDS } from './measure.js';

const INTERVAL_MS = TTL_SECONDS * 1_000;
/** The schedule's own promise: no gap longer than the interval and one second. */
const NEXT_PASS = { medianMs: INTERVAL_MS, worstMs: INTERVAL_MS + 1_000 };

describe('with the hints switched off the next pass mends what others do to the key', () => {
	test.concurrent.for(KEY_FAULTS)('$name', async (fault, context) => {
		const entry = await compile(new URL('./programs/library.ts', import.meta.url));
		await measure(context, {
			name: `${fault.name}, hints off (library)`,
			bound: NEXT_PASS,
			stage: { entry, env: { HINTS: 'off' } },
			commit: async (stage) => {
				await fault.commit(stage);
				return performance.now();
			},
		});
		// The pass after the next one would come a whole interval later.
		expect(Math.max(...(context.task.meta.faultRow?.backMs ?? [Infinity]))).toBeLessThan(1.8 * INTERVAL_MS);
	});
});
