import type { TestContext } from 'vitest';

/**
 * Ends the test as skipped when the machine lacks what it needs (`missing` says what; `null` = nothing), and
 * says so on standard error: a scenario that could not run is counted and seen, never silently green.
 */
export function needs({ skip, task }: Pick<TestContext, 'skip' | 'task'>, missing: string | null): void {
	if (missing === null) return;
	process.stderr.write(`NOT RUN: ${task.name}: ${missing}\n`);
	skip(missing);
}
