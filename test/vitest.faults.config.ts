import { defineConfig } from 'vitest/config';
import everyday from './vitest.config.js';

/** The long scenarios (`make test-faults`): each breaks a real etcd or a real network for minutes. */
export default defineConfig({
	...everyday,
	test: {
		...everyday.test,
		include: ['test/faults/**/*.faults.ts'],
		testTimeout: 600_000,
		hookTimeout: 120_000,
		maxWorkers: 1,
		// Of one file, where a file says so: scenarios that wait more than they work.
		maxConcurrency: 9,
		reporters: ['default', './test/faults/table-reporter.ts', './test/support/closing-line.ts'],
	},
});
