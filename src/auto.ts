/**
 * `import 'etcd-registrar/auto'`, or `node --import etcd-registrar/auto server.js`: registers from the
 * environment and `.env`, with no code. It never crashes the application and never keeps it alive: what is
 * wrong is told on stderr, and the application goes on.
 *
 * The registrar runs in a thread of its own, since sockets and streams to etcd would keep the application's
 * loop alive, and so that the key can still be taken out of etcd when the application calls `process.exit()`
 * or throws: then nothing of its own loop runs any more.
 *
 * It registers in the process in which it was asked for. That process leaves its id in ETCD_REGISTRAR_AUTO,
 * which its children inherit as they inherit `--import` (by `fork`, `execArgv` and NODE_OPTIONS): they stay
 * out, unless they were given another SERVICE_NAME, SERVICE_ADDR or SERVICES. So do worker threads, cluster
 * workers, and npm, npx, pnpm, yarn and corepack, which start the program that is meant.
 */
import cluster from 'node:cluster';
import { basename } from 'node:path';
import { isMainThread, Worker } from 'node:worker_threads';

/**
 * What the two threads share: one number. The worker goes from IDLE to LIVE before it touches etcd; at OVER
 * nothing of ours is left.
 */
const IDLE = 0;
const LIVE = 1;
const OVER = 2;

/** How the thread ends then (as in auto-worker.ts). */
const WRONG_CONFIGURATION = 78;

/**
 * A process that ends by itself waits so long for its key to go; if etcd is slower, the key goes with its
 * TTL.
 */
const EXIT_MS = 1_500;

function tell(trouble: string): void {
	process.stderr.write(`etcd-registrar/auto: ${trouble}; the application goes on without being registered\n`);
}

/** `<pid> <service>`: of the process that registers. */
const MARK = 'ETCD_REGISTRAR_AUTO';
const service = (): string =>
	JSON.stringify([process.env.SERVICE_NAME, process.env.SERVICE_ADDR, process.env.SERVICES]);
const LAUNCHERS = /^(npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack)(-cli)?(\.[cm]?js)?$/;

/** Whether this is the process that is meant. One reason not to be is nobody's intention, and is told. */
function isAskedFor(): boolean {
	if (!isMainThread || LAUNCHERS.test(basename(process.argv[1] ?? ''))) return false;
	const [pid, ...rest] = (process.env[MARK] ?? '').split(' ');
	// The same id: this program replaced the one that had it.
	const isChild = pid !== '' && pid !== String(process.pid) && rest.join(' ') === service();
	if (!cluster.isWorker) return !isChild;
	// pm2 numbers the processes of one application.
	const isFirst = (process.env.NODE_APP_INSTANCE ?? String((cluster.worker?.id ?? 1) - 1)) === '0';
	if (!isChild && isFirst)
		tell(
			'it was imported in cluster workers and not in their primary, where one registration for all belongs; import it there, or start it with node --import etcd-registrar/auto',
		);
	return false;
}

class Auto {
	readonly #state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
	readonly #worker: Worker;

	constructor() {
		const options = { workerData: { state: this.#state }, execArgv: [], name: 'etcd-registrar' };
		this.#worker = new Worker(new URL('./commands/run/auto-worker.js', import.meta.url), options);
		this.#worker.unref();
		this.#worker.on('error', (error) =>
			tell(`a fault of the registrar itself: ${error instanceof Error ? error.stack : error}`),
		);
		this.#worker.on('exit', (code) => {
			Atomics.store(this.#state, 0, OVER);
			// A child may find a right one where it starts.
			if (code === WRONG_CONFIGURATION) delete process.env[MARK];
		});
	}

	/** Resolves when the key is gone, or it has been given up. */
	async stop(): Promise<void> {
		if (!this.#ask()) return;
		this.#worker.ref();
		await new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
	}

	/** The same in one breath, for a process whose loop has ended. */
	stopNow(): void {
		if (this.#ask()) Atomics.wait(this.#state, 0, LIVE, EXIT_MS);
	}

	/** `false` = there is nothing to wait for. */
	#ask(): boolean {
		if (Atomics.compareExchange(this.#state, 0, IDLE, OVER) !== LIVE) return false;
		this.#worker.postMessage('stop');
		return true;
	}
}

/**
 * Deregisters; ends the process by the signal, as it would have ended without us, unless the application
 * takes care of that itself.
 */
function listenFor(signal: 'SIGTERM' | 'SIGINT', auto: Auto): void {
	let asked = false;
	const end = () => {
		process.off(signal, take);
		process.kill(process.pid, signal);
	};
	const take = () => {
		const alone = process.listenerCount(signal) - 1 - signalExits() <= 0;
		if (alone && asked) return end();
		asked = true;
		const stopped = auto.stop();
		if (alone) void stopped.then(end);
	};
	process.on(signal, take);
}

/**
 * How many listeners for each signal belong to the package `signal-exit` (3 and 4), which is part of many
 * programs unseen. They end the process if there is no other listener, so they are no handlers of the
 * application, and two that wait for each other would keep it alive for ever.
 */
function signalExits(): number {
	const counted = [
		Reflect.get(process, '__signal_exit_emitter__'),
		Reflect.get(globalThis, Symbol.for('signal-exit emitter')),
	];
	return counted.reduce(
		(sum: number, emitter: { readonly count?: unknown } | undefined) => sum + (Number(emitter?.count) || 0),
		0,
	);
}

if (isAskedFor()) {
	process.env[MARK] = `${process.pid} ${service()}`;
	try {
		const auto = new Auto();
		listenFor('SIGTERM', auto);
		listenFor('SIGINT', auto);
		process.on('exit', () => auto.stopNow());
	} catch (error) {
		tell(`its thread cannot be started: ${error instanceof Error ? error.message : error}`);
	}
}
