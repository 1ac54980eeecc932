import { defineConfig } from 'vitest/config';

/** The everyday suite: everything under test/ but the long scenarios (vitest.faults.config.ts). */
export default defineConfig({
	root: new URL('..', import.meta.url).pathname,
	test: {
		include: ['test/**/*.test.ts'],
		setupFiles: ['test/support/cleanup.ts'],
		// Files start etcds and processes of their own: as many at once as two cores bear.
		pool: 'forks',
		maxWorkers: 2,
		// Generous: these bound a hang, they assert no speed.
		testTimeout: 60_000,
		hookTimeout: 60_000,
		reporters: ['default', './test/local/closing-line.ts'],
	},
});
