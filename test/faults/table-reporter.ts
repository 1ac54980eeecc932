import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { type FaultRow, type Outcome, tableOf } from './row.js';

/**
 * Prints one table of what every long scenario measured, or only asserted; those that failed or could not run
 * are in it as such.
 */
export default class FaultTable implements Reporter {
	onTestRunEnd(modules: readonly TestModule[]): void {
		const tests = modules.flatMap((module) => [...module.children.allTests()]).filter(wasChosen);
		if (tests.length === 0) return;
		process.stdout.write(
			`\n${tableOf(tests.map((test) => [rowOf(test), outcomeOf(test)]))}\n\nFrom the end of the fault to the key right for good.\n`,
		);
	}
}

/** One that could not run says why; one that nobody asked for does not. */
function wasChosen(test: TestCase): boolean {
	const result = test.result();
	return result.state !== 'skipped' || result.note !== undefined;
}

function rowOf(test: TestCase): FaultRow {
	return (
		test.meta().faultRow ?? {
			name: test.fullName,
			bound: { words: 'as it says' },
			runs: 1,
			backMs: null,
			missing: null,
			cpuPercent: null,
		}
	);
}

function outcomeOf(test: TestCase): Outcome {
	const { state } = test.result();
	return state === 'passed' ? 'kept' : state === 'failed' ? 'FAILED' : 'not run';
}
