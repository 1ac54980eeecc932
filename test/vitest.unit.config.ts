import { defineConfig } from 'vitest/config';

/**
 * The tests of the pure floor and of the registrar in memory: no etcd, no process. What `make mutate` runs
 * for each mutant.
 */
export default defineConfig({
	root: new URL('..', import.meta.url).pathname,
	test: {
		include: ['test/core/**/*.test.ts', 'test/registrar/**/*.test.ts'],
		exclude: ['test/**/*.process.test.ts'],
		pool: 'forks',
		testTimeout: 60_000,
		// One process loads the sources once for all files: a mutant takes a second instead of eight.
		isolate: false,
	},
});
