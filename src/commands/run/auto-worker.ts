/**
 * The thread behind `etcd-registrar/auto`: registers, waits to be told to stop, deregisters. It never ends
 * the process.
 */
import { isatty } from 'node:tty';
import { parentPort, workerData } from 'node:worker_threads';
import { ConfigError } from '../../core/errors.js';
import { EXIT } from '../context.js';
import { readSettings } from '../settings.js';
import { ownStream } from './own-stream.js';

const STDERR = 2;
/** As in auto.ts. */
const IDLE = 0;
const LIVE = 1;
const OVER = 2;

const { state } = workerData as { readonly state: Int32Array };
const asked = new Promise<void>((resolve) => void parentPort?.once('message', () => resolve()));

function over(): void {
	Atomics.store(state, 0, OVER);
	Atomics.notify(state, 0);
}

async function serve(): Promise<void> {
	const { config, warnings } = readSettings({ env: process.env }, null);
	// Only now, so that a wrong configuration is told before a short program has ended.
	const { Serving } = await import('./serving.js');
	const logFormat = config.logFormat ?? (isatty(STDERR) ? 'pretty' : 'json');
	const serving = await Serving.open(
		{ config: { ...config, logFormat }, warnings },
		ownStream(process.stderr, STDERR),
	);
	if (Atomics.compareExchange(state, 0, IDLE, LIVE) === IDLE) {
		// A conflict under `fail` and the start-up time-out are told by the log; neither is a reason to end
		// somebody else's process.
		void serving.start();
		await asked;
		await serving.stop();
		// Who ends by itself waits no longer than until it is over.
		await serving.control?.close();
	}
	over();
	await serving.close();
}

function explain(error: unknown): string {
	const goesOn = 'the application goes on without being registered';
	if (!(error instanceof ConfigError))
		return `a fault of the registrar itself (${goesOn}): ${error instanceof Error ? error.stack : error}\n`;
	return `the configuration is wrong; ${goesOn}:\n${error.problems.map((problem) => `  ${problem}\n`).join('')}`;
}

try {
	await serve();
	// Whatever timer may be left must not keep the thread.
	setImmediate(() => process.exit());
} catch (error) {
	over();
	if (error instanceof ConfigError) process.exitCode = EXIT.config;
	// Without process.exit(): what is written here travels by the application's thread, and would be lost.
	process.stderr.write(`etcd-registrar/auto: ${explain(error)}`);
	parentPort?.close();
}
