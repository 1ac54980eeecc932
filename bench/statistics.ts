/**
 * What a few noisy measurements say: the middle one, and how far they lie apart. Never the mean, which one
 * hiccup of the machine moves.
 */
export interface Spread {
	readonly median: number;
	readonly min: number;
	readonly max: number;
	readonly runs: number;
}

export function median(values: readonly number[]): number {
	if (values.length === 0) return Number.NaN;
	const sorted = [...values].sort((a, b) => a - b);
	const half = sorted.length >> 1;
	const [below = Number.NaN, above = Number.NaN] = [
		sorted[sorted.length % 2 === 0 ? half - 1 : half],
		sorted[half],
	];
	return (below + above) / 2;
}

export function spread(values: readonly number[]): Spread {
	return { median: median(values), min: Math.min(...values), max: Math.max(...values), runs: values.length };
}

/**
 * The median of the ratios of the pairs: measurement k of one beside measurement k of the other, which were
 * taken one after the other on the same machine in the same mood. Pairs of which one is missing (`NaN`) do
 * not count.
 */
export function pairedRatio(values: readonly number[], baseline: readonly number[]): number {
	return median(
		values
			.map((value, index) => value / (baseline[index] ?? Number.NaN))
			.filter((ratio) => Number.isFinite(ratio)),
	);
}
