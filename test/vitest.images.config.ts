import { defineConfig } from 'vitest/config';
import everyday from './vitest.config.js';

/** `make test-images`: the images of the recipes, built and run by docker or podman. */
export default defineConfig({
	...everyday,
	test: {
		...everyday.test,
		include: ['test/images/**/*.images.ts'],
		testTimeout: 300_000,
		hookTimeout: 900_000,
		maxWorkers: 1,
	},
});
