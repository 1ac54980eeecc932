import type { Contestant } from './contestants.js';
import type { SetUp } from './set-up.js';
import { pairedRatio, type Spread, spread } from './statistics.js';

/** One line of the table: one contestant in one measure. */
export interface Line extends Spread {
	readonly measure: string;
	readonly who: string;
	readonly unit: string;
	/**
	 * Against the baseline of the measure, in the same run; `null` = this is the baseline, or there is none.
	 */
	readonly ratio: number | null;
	/** The most that the ratio, or the median itself, may be; `null` = nothing was promised. */
	readonly target: number | null;
	readonly targetOf: 'ratio' | 'median';
	readonly note: string;
}

/** What a row may use. */
export interface Bench {
	/** How often to measure: `make bench` takes the first, `make bench-quick` the second. */
	readonly runs: (full: number, quick: number) => number;
	readonly setUp: SetUp;
	/** The registrar first. */
	readonly contestants: readonly Contestant[];
	/** Tells the person who waits what happens. */
	readonly say: (text: string) => void;
}

/** One row of the bench: measures one thing of everybody who can take part. */
export interface Row {
	readonly name: string;
	/** One line for `--help`. */
	readonly about: string;
	readonly run: (bench: Bench) => Promise<readonly Line[]>;
}

export interface Measure {
	readonly measure: string;
	readonly unit: string;
	/** Whose measurements are the 1.00; `null` = no ratios. */
	readonly baseline: string | null;
	readonly targets?: Readonly<Record<string, number>>;
	/** @defaultValue the ratio where there is a baseline, else the median */
	readonly targetOf?: 'ratio' | 'median';
	readonly notes?: Readonly<Record<string, string>>;
}

/**
 * The lines of one measure. Measurement k of each contestant belongs to the same round; `NaN` = it gave none
 * in that round.
 */
export function compare(samples: ReadonlyMap<string, readonly number[]>, measure: Measure): Line[] {
	const {
		measure: name,
		unit,
		baseline,
		targets = {},
		targetOf = baseline === null ? 'median' : 'ratio',
		notes = {},
	} = measure;
	const base = baseline === null ? undefined : samples.get(baseline);
	return [...samples].map(([who, values]) => {
		const taken = values.filter((value) => !Number.isNaN(value));
		const ratio = base === undefined || who === baseline ? null : pairedRatio(values, base);
		const missing =
			taken.length < values.length
				? `${values.length - taken.length} of ${values.length} rounds without a result`
				: '';
		const note = [notes[who] ?? '', missing].filter((text) => text !== '').join('; ');
		return {
			measure: name,
			who,
			unit,
			...spread(taken),
			ratio,
			target: targets[who] ?? null,
			targetOf,
			note,
		};
	});
}

/** Whether the line keeps what was promised; `null` = nothing was. */
export function met(line: Line): boolean | null {
	const value = line[line.targetOf];
	return line.target === null ? null : value !== null && value <= line.target;
}

/**
 * Measures everybody in turn, round after round: what the machine does besides hits all of them alike. Every
 * second round goes the other way, so that nobody always comes after the same one.
 */
export async function alternate<T extends { readonly name: string }>(
	who: readonly T[],
	rounds: number,
	measure: (one: T, round: number) => Promise<number>,
): Promise<Map<string, number[]>> {
	const samples = new Map<string, number[]>(who.map(({ name }) => [name, []]));
	for (let round = 0; round < rounds; round += 1) {
		const order = round % 2 === 0 ? who : [...who].reverse();
		for (const one of order) samples.get(one.name)?.push(await measure(one, round));
	}
	return samples;
}
