/** One line of the table that the long scenarios end with. */
export interface FaultRow {
	readonly name: string;
	/**
	 * From the fault's end to right for good, one for each run, in milliseconds. `null` = what counts is
	 * something else.
	 */
	readonly backMs: readonly number[] | null;
	/** Runs in which the key was seen missing or wrong; `null` = it is meant to go. */
	readonly missing: number | null;
	readonly runs: number;
	readonly bound: Bound;
	/** The median of all runs, over three seconds at rest; `null` = it does not go on running. */
	readonly cpuPercent: number | null;
}

/**
 * What is promised. `comes back` = it does, within no named time. Words = what the scenario itself asserts:
 * it is in the table only when kept.
 */
export type Bound =
	| { readonly medianMs: number; readonly worstMs: number }
	| 'never missing'
	| 'comes back'
	| { readonly words: string };

declare module 'vitest' {
	interface TaskMeta {
		faultRow?: FaultRow;
	}
}

export const MENDED: Bound = { medianMs: 150, worstMs: 1_000 };
export const RECONNECTED: Bound = { medianMs: 500, worstMs: 1_500 };

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** What the exact bound says of the row. */
export function judge({ bound, backMs, missing, cpuPercent }: FaultRow): string {
	const broken: string[] = [];
	if (bound === 'never missing' && missing !== 0) broken.push(`missing in ${missing}`);
	if (typeof bound === 'object' && 'medianMs' in bound && backMs !== null) {
		if (median(backMs) > bound.medianMs) broken.push(`median > ${bound.medianMs}`);
		if (Math.max(...backMs) > bound.worstMs) broken.push(`worst > ${bound.worstMs}`);
	}
	if (cpuPercent !== null && cpuPercent >= 1) broken.push('CPU >= 1 %');
	return broken.length === 0 ? 'kept' : broken.join(', ');
}

/** What became of the scenario's own assertions, which are laxer than the bound. */
export type Outcome = 'kept' | 'FAILED' | 'not run';

export function tableOf(rows: readonly (readonly [FaultRow, Outcome])[]): string {
	const width = Math.max(...rows.map(([{ name }]) => name.length), 20);
	const promised = Math.max(...rows.map(([{ bound }]) => promiseOf(bound).length), 15);
	const head = `${'fault'.padEnd(width)}  runs  median ms  worst ms  seen missing  CPU at rest  ${'bound'.padEnd(promised)}  result`;
	return [
		head,
		'-'.repeat(head.length),
		...rows.map(([row, outcome]) => lineOf(row, outcome, width, promised)),
	].join('\n');
}

function promiseOf(bound: Bound): string {
	if (typeof bound === 'string') return bound;
	return 'words' in bound ? bound.words : `${bound.medianMs} / ${bound.worstMs}`;
}

function lineOf(row: FaultRow, outcome: Outcome, width: number, promised: number): string {
	const { name, runs, backMs, missing, bound, cpuPercent } = row;
	const ms = (value: number) => (backMs === null || backMs.length === 0 ? '-' : String(Math.round(value)));
	return [
		name.padEnd(width),
		String(runs).padStart(4),
		ms(median(backMs ?? [])).padStart(9),
		ms(Math.max(...(backMs ?? []))).padStart(8),
		String(missing ?? '-').padStart(12),
		(cpuPercent === null ? '-' : `${cpuPercent.toFixed(2)} %`).padStart(11),
		promiseOf(bound).padEnd(promised),
		outcome === 'kept' ? judge(row) : outcome,
	].join('  ');
}
