import type { Reporter, TestModule } from 'vitest/node';
import { type FaultRow, tableOf } from './row.js';

/** Prints one table of what every long scenario measured. */
export default class FaultTable implements Reporter {
	onTestRunEnd(modules: readonly TestModule[]): void {
		const rows: FaultRow[] = [];
		for (const module of modules) {
			for (const test of module.children.allTests()) {
				const { faultRow } = test.meta();
				if (faultRow) rows.push(faultRow);
			}
		}
		if (rows.length > 0) process.stdout.write(`\n${tableOf(rows)}\n\nFrom the end of the fault to the key right for good.\n`);
	}
}
