/** `make simulate`: one seed with its trace, or as many as wanted on every core. */
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type Counted, describe, featuresOf, Tally } from './report.js';
import { simulate } from './run.js';

interface Share {
	readonly first: number;
	readonly step: number;
	readonly count: number;
}
type Message = Counted & { readonly features: readonly string[] };

/** Of failed seeds, so many are told with their traces. */
const TOLD = 3;
const PROGRESS_MS = 5_000;

if (!isMainThread) await work(workerData as Share);
else if (process.env.SEED) await one(Number(process.env.SEED));
else
	await many(Number(process.env.SEEDS || 1_000), Number(process.env.FROM || Math.floor(Math.random() * 1e9)));

async function one(seed: number): Promise<void> {
	const result = await simulate(seed, Number(process.env.LINES || 200));
	process.stdout.write(describe(result));
	process.exitCode = result.violation === null ? 0 : 1;
}

async function many(count: number, first: number): Promise<void> {
	const cores = Math.max(1, Math.min(Number(process.env.CORES) || availableParallelism(), count));
	const tally = new Tally();
	const beganMs = performance.now();
	process.stderr.write(`simulating seeds ${first} to ${first + count - 1} on ${cores} cores\n`);
	const progress = setInterval(
		() => process.stderr.write(`${tally.seeds} of ${count}, ${tally.failures.length} failed\n`),
		PROGRESS_MS,
	);
	const shares = Array.from({ length: cores }, (_, core) => ({
		...{ first: first + core, step: cores },
		count: Math.ceil((count - core) / cores),
	}));
	const told = (message: Message) => {
		tally.add(message.features, message);
		const { seed, failure } = message;
		if (failure !== null) process.stderr.write(`seed ${seed}: ${failure.invariant}: ${failure.detail}\n`);
	};
	await Promise.all(shares.map((share) => onWorker(share, told)));
	clearInterval(progress);
	for (const { seed } of tally.failures.slice(0, TOLD))
		process.stdout.write(describe(await simulate(seed, 60)));
	for (const { seed, invariant, detail } of tally.failures)
		process.stdout.write(`seed ${seed}: ${invariant}: ${detail}\n`);
	process.stdout.write(tally.table(performance.now() - beganMs));
	process.exitCode = tally.failures.length === 0 ? 0 : 1;
}

function onWorker(share: Share, told: (message: Message) => void): Promise<void> {
	return new Promise((resolve, reject) => {
		const worker = new Worker(new URL(import.meta.url), {
			workerData: share,
			resourceLimits: { maxYoungGenerationSizeMb: 128 },
		});
		worker.on('message', told);
		worker.on('error', reject);
		worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
	});
}

async function work({ first, step, count }: Share): Promise<void> {
	for (let n = 0; n < count; n += 1) {
		const seed = first + n * step;
		const { scenario, violation, simulatedMs } = await simulate(seed, 1);
		const failure = violation && { invariant: violation.invariant, detail: violation.detail };
		const message: Message = { seed, simulatedMs, failure, features: featuresOf(scenario) };
		parentPort?.postMessage(message);
	}
}
