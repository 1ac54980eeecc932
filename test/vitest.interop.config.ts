import { defineConfig } from 'vitest/config';
import everyday from './vitest.config.js';

/** `make test-interop`: what we register is found by other people's clients. */
export default defineConfig({
	...everyday,
	test: { ...everyday.test, include: ['test/interop/**/*.interop.ts'] },
});
