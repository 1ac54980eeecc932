import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { endGuarded } from '../test/support/process/guarded.js';
import { contestants } from './contestants.js';
import { inBench } from './paths.js';
import { print } from './print.js';
import type { Bench, Line } from './row.js';
import { rows } from './rows/index.js';
import { setUp } from './set-up.js';

const HELP = 'usage: node bench/run.mjs [--quick] [--row NAME]...';

/** Runs the rows one after the other and prints one table; the same as JSON in `.bench/results.json`. */
async function main(): Promise<number> {
	const { values } = parseArgs({
		options: {
			row: { type: 'string', multiple: true },
			quick: { type: 'boolean' },
			help: { type: 'boolean' },
		},
	});
	const say = (text: string) => void process.stderr.write(`bench: ${text}\n`);
	const everything = rows();
	const unknown = values.row?.filter((name) => !everything.some((row) => row.name === name)) ?? [];
	if (values.help || unknown.length > 0) {
		const list = everything.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join('\n');
		process.stdout.write(`${unknown.map((name) => `no such row: ${name}\n`).join('')}${HELP}\n${list}\n`);
		return unknown.length > 0 ? 64 : 0;
	}
	const made = await setUp(say);
	const bench: Bench = {
		setUp: made,
		contestants: contestants(made),
		say,
		runs: (full, quick) => (values.quick ? quick : full),
	};
	const lines: Line[] = [];
	let failed = 0;
	for (const row of everything.filter(({ name }) => values.row?.includes(name) ?? true)) {
		say(`${row.name}: ${row.about}`);
		try {
			lines.push(...(await row.run(bench)));
		} catch (error) {
			failed += 1;
			say(`${row.name} FAILED: ${error instanceof Error ? error.stack : error}`);
		}
		await endGuarded();
	}
	const absent = { moleculer: made.moleculer, go: made.go };
	const machine = {
		node: process.version,
		cpus: cpus().length,
		cpu: cpus()[0]?.model ?? '',
		load: loadavg()[0],
	};
	mkdirSync(inBench(''), { recursive: true });
	writeFileSync(inBench('results.json'), `${JSON.stringify({ machine, absent, lines }, null, '\t')}\n`);
	process.stdout.write(print(lines, absent, machine));
	return failed > 0 ? 1 : 0;
}

process.exitCode = await main();
// The watch and the gateways of a row that failed must not keep the bench alive.
process.exit();
