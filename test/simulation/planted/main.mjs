/**
 * `make simulate-planted`: plants each fault of faults.ts in a copy of the sources and asks the simulation,
 * the model or a unit test to find it. ONLY=text runs those whose description holds it. Exit code 1 when one
 * is not found, or its place in the sources is gone.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundled } from '../bundled.mjs';
import { planting } from './planting.mjs';

const { PLANTED } = await import(await bundled('planted/faults', [], 'planted-faults'));
const clean = await bundled('planted/seeds', [], 'planted-clean');
const FIRST_SEED = Number(process.env.FROM || 1);
const BUDGET = 600;

const chosen = PLANTED.map((fault, index) => ({ ...fault, index })).filter(({ why }) =>
	why.includes(process.env.ONLY ?? ''),
);
let missed = 0;
const queue = chosen.slice(Number(process.env.SKIP || 0));
await Promise.all([0, 1].map(worker));
process.stdout.write(`${chosen.length - missed} of ${chosen.length} planted faults found\n`);
process.exitCode = missed === 0 ? 0 : 1;

async function worker() {
	for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
		const found = await find(fault);
		if (found === null) missed += 1;
		process.stdout.write(
			`${found === null ? 'NOT FOUND' : 'found    '} ${fault.why}${found === null ? '' : `: ${found}`}\n`,
		);
	}
}

async function find(fault) {
	for (const { file, find } of fault.edits) {
		const count =
			readFileSync(new URL(`../../../src/${file}`, import.meta.url), 'utf8').split(find).length - 1;
		if (count !== 1) {
			process.stdout.write(`src/${file} holds ${count} times: ${find.trim()}\n`);
			return null;
		}
	}
	if (fault.by.test !== undefined) return byTest(fault);
	const program = await bundled('planted/seeds', [planting(fault.edits)], `planted-${fault.index}`);
	if (fault.by === 'model') return run(program, { model: true });
	let first = FIRST_SEED;
	for (;;) {
		const found = await run(program, { index: fault.index, first, budget: fault.budget ?? BUDGET });
		if (found === null) return null;
		// A seed that fails without the fault too has found something else.
		const other = await run(clean, { index: fault.index, first: found.seed, budget: 1 });
		if (other?.seed !== found.seed) return `seed ${found.seed}, ${found.invariant}`;
		first = found.seed + 1;
	}
}

/** It must pass without the fault, and fail with it. */
async function byTest({ by, edits }) {
	const failed = async (planted) => {
		const env = { ...process.env, PLANTED: JSON.stringify(planted) };
		const vitest = ['vitest', 'run', '--config', 'test/simulation/planted/vitest.config.ts', by.test];
		return (await output('npx', vitest, env)).code !== 0;
	};
	return (await failed(edits)) && !(await failed([])) ? by.test : null;
}

async function run(program, given) {
	const { code, text } = await output(
		process.execPath,
		[fileURLToPath(program), JSON.stringify(given)],
		process.env,
	);
	if (code !== 0) throw new Error(text);
	return JSON.parse(text.trim().split('\n').at(-1));
}

function output(command, args, env) {
	return new Promise((resolve) => {
		const child = spawn(command, args, { env, cwd: fileURLToPath(new URL('../../..', import.meta.url)) });
		let text = '';
		for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
		child.on('close', (code) => resolve({ code, text }));
	});
}
