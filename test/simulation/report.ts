/** For people: what one seed is about, what went wrong in it, and what many seeds covered. */
import type { Result } from './run.js';
import type { Scenario } from './scenario.js';

/** What a scenario is counted under. */
export function featuresOf({ theme, keys, processes, faults, denied, deniedAtFirst }: Scenario): string[] {
	const size = [5, 60, 140, 600, 1_300, 2_000].find((most) => keys <= most) ?? keys;
	return [
		`theme: ${theme}`,
		`keys: up to ${size}`,
		`registrars: ${processes.length}`,
		...new Set(processes.map(({ policy }) => `policy: ${policy}`)),
		...new Set(faults.map(({ kind }) => `fault: ${kind}`)),
		...(denied.length + deniedAtFirst.length > 0 ? ['fault: denied from the start'] : []),
	];
}

/** A failed seed as a report that replays. */
export function describe({ scenario, violation, trace, hash, simulatedMs }: Result): string {
	const { faults, processes, ...rest } = scenario;
	return [
		violation === null
			? `seed ${scenario.seed}: nothing broken in ${Math.round(simulatedMs / 1_000)} s (trace ${hash})`
			: `seed ${scenario.seed} breaks: ${violation.invariant}`,
		...(violation === null ? [] : [`  at ${(violation.atMs / 1_000).toFixed(3)} s: ${violation.detail}`]),
		`  parameters ${JSON.stringify(rest)}`,
		...processes.map((process) => `  registrar  ${JSON.stringify(process)}`),
		...faults.map((fault) => `  fault      ${JSON.stringify(fault)}`),
		...trace.map((line) => `  ${line}`),
		`  again: make simulate SEED=${scenario.seed}`,
		'',
	].join('\n');
}

export class Tally {
	readonly #features = new Map<string, { seeds: number; failed: number }>();
	readonly failures: { readonly seed: number; readonly invariant: string; readonly detail: string }[] = [];
	seeds = 0;
	simulatedMs = 0;

	add(features: readonly string[], { seed, simulatedMs, failure }: Counted): void {
		this.seeds += 1;
		this.simulatedMs += simulatedMs;
		for (const feature of features) {
			const count = this.#features.get(feature) ?? { seeds: 0, failed: 0 };
			count.seeds += 1;
			if (failure !== null) count.failed += 1;
			this.#features.set(feature, count);
		}
		if (failure !== null) this.failures.push({ seed, ...failure });
	}

	table(wallMs: number): string {
		const rows = [...this.#features].sort(([one], [other]) => (one < other ? -1 : 1));
		const byInvariant = new Map<string, number[]>();
		for (const { invariant, seed } of this.failures)
			byInvariant.set(invariant, [...(byInvariant.get(invariant) ?? []), seed]);
		return [
			`${'scenarios with'.padEnd(36)}${'seeds'.padStart(8)}${'failed'.padStart(8)}`,
			...rows.map(
				([feature, { seeds, failed }]) =>
					`${feature.padEnd(36)}${String(seeds).padStart(8)}${String(failed).padStart(8)}`,
			),
			'',
			...[...byInvariant].map(
				([invariant, seeds]) => `${seeds.length} × ${invariant}: ${seeds.slice(0, 8).join(' ')}`,
			),
			`${this.seeds} seeds in ${(wallMs / 1_000).toFixed(1)} s (${((1_000 * this.seeds) / wallMs).toFixed(1)} a second), ` +
				`${(this.simulatedMs / 3_600_000).toFixed(1)} simulated hours, ${this.failures.length} failed`,
			'',
		].join('\n');
	}
}

export interface Counted {
	readonly seed: number;
	readonly simulatedMs: number;
	readonly failure: { readonly invariant: string; readonly detail: string } | null;
}
