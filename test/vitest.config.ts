import { defineConfig } from 'vitest/config';

/** The everyday suite: everything under test/ but the long scenarios (vitest.faults.config.ts). */
export default defineConfig({
	root: new URL('..', import.meta.url).pathname,
	test: {
		include: ['test/**/*.test.ts'],
		setupFiles: ['test/support/cleanup.ts'],
		// Files start etcds and processes of their own, and wait more than they work: three at once on two cores.
		pool: 'forks',
		maxWorkers: 3,
		// Generous: these bound a hang, they assert no speed.
		testTimeout: 60_000,
		hookTimeout: 60_000,
		// A shared machine that stands still for a second costs a scenario in real time; a fault of the
		// program fails twice.
		retry: process.env.CI ? 1 : 0,
		reporters: ['default', './test/support/closing-line.ts'],
	},
});
