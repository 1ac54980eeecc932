import { defineConfig } from 'vitest/config';
import everyday from './vitest.config.js';

/** `make test-page`: the page in a real browser, on a real etcd and the real command. */
export default defineConfig({
	...everyday,
	test: { ...everyday.test, include: ['test/page/**/*.browser.ts'], testTimeout: 180_000, maxWorkers: 1 },
});
