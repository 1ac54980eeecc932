/**
 * Runs seeds over sources with a planted fault, in a process of its own:
 * `node seeds.mjs '{"index":3,"first":1,"budget":400}'`.
 */
import { checkModel, PAIRS } from '../model-check.js';
import { simulate } from '../run.js';
import { scenarioOf } from '../scenario.js';
import { PLANTED } from './faults.js';

const { index, first, budget, model } = JSON.parse(process.argv[2] ?? '{}');
const found = model ? byModel() : await bySimulation();
process.stdout.write(`${JSON.stringify(found)}\n`);

function byModel(): string | null {
	for (const pair of PAIRS) {
		const { problem } = checkModel(pair, 8);
		if (problem !== null) return `model, ${pair.join(' beside ')}: ${problem}`;
	}
	return null;
}

async function bySimulation(): Promise<{ readonly seed: number; readonly invariant: string } | null> {
	const where = PLANTED[index]?.where ?? (({ keys }) => keys <= 60);
	let tried = 0;
	for (let seed = first; tried < budget; seed += 1) {
		if (!where(scenarioOf(seed))) continue;
		tried += 1;
		const { violation } = await simulate(seed, 1);
		if (violation !== null) return { seed, invariant: violation.invariant };
	}
	return null;
}
