/** Letters put in, left out, changed or swapped with their neighbour (Damerau, optimal string alignment). */
export function distance(one: string, other: string): number {
	let before: number[] = [];
	let last = Array.from({ length: other.length + 1 }, (_, column) => column);
	for (let row = 1; row <= one.length; row++) {
		const line = [row];
		for (let column = 1; column <= other.length; column++) {
			const changed = (last[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
			const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
			const options = [
				changed,
				(last[column] ?? 0) + 1,
				(line[column - 1] ?? 0) + 1,
				swapped ? (before[column - 2] ?? 0) + 1 : changed,
			];
			line.push(Math.min(...options));
		}
		[before, last] = [last, line];
	}
	return last[other.length] ?? 0;
}

/** What was probably meant: the one of these names that is a slip or two of the finger away. */
export function meant(name: string, names: readonly string[]): string | undefined {
	const near = names.map((known) => ({ known, away: distance(name, known) }));
	const [nearest] = near.toSorted((a, b) => a.away - b.away);
	return nearest !== undefined && nearest.away <= (name.length < 5 ? 1 : 2) ? nearest.known : undefined;
}
