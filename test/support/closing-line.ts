import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/**
 * Ends every run with one plain line, `N passed, N failed` (and `, N skipped` where some were), which any CI
 * can read. A file that did not load and an error outside any test each count as failed: neither may hide
 * behind a count of passes. Tests that passed only when they were tried again are named before it.
 */
export default class ClosingLine implements Reporter {
	onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
		const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
		for (const module of modules) {
			if (module.errors().length > 0) count.failed += 1;
			for (const test of module.children.allTests()) {
				count[test.result().state] += 1;
				if (test.diagnostic()?.flaky)
					process.stdout.write(`passed when tried again: ${module.relativeModuleId} > ${test.fullName}\n`);
			}
		}
		// A test without a result was cut short.
		const failed = count.failed + count.pending;
		process.stdout.write(
			`${count.passed} passed, ${failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}\n`,
		);
	}
}
