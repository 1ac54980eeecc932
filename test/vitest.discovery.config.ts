import { defineConfig } from 'vitest/config';
import everyday from './vitest.config.js';

/** `make test-discovery`: servers rolled for minutes under the load of real clients. */
export default defineConfig({
	...everyday,
	test: {
		...everyday.test,
		include: ['test/discovery/**/*.long.ts'],
		testTimeout: 900_000,
		maxWorkers: 1,
	},
});
