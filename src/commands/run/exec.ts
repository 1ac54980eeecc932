/** `etcd-registrar run -- command args…`: registered while the command is well, gone from etcd before it stops. */
import { type Child, FORWARDED_SIGNALS, SpawnError, startChild } from '../../adapters/host/child.js';
import { exitCodeOf } from '../../adapters/host/exit-code.js';
import { pidOneNote } from '../../adapters/host/pid-one.js';
import { parseAddress } from '../../core/address.js';
import type { Config, ServiceConfig } from '../../core/settings/index.js';
import type { Context } from '../context.js';
import { readSettings } from '../settings.js';
import { ownStream } from './own-stream.js';
import { Serving } from './serving.js';
import { listenForSignals, type Signals } from './signals.js';

export interface ExecCall {
	readonly envFile: string | null;
	readonly child: readonly [string, ...string[]];
}

/** A command that has just been started is looked at this often until it is there. */
const EAGER_MS = 100;
const STDERR = 2;

/** Resolves to the command's own exit code; 126 or 127 when it cannot be started; 69 or 75 when the registrar gave up and ended it. */
export async function exec(
	context: Context,
	{ envFile, child: [command, ...args] }: ExecCall,
): Promise<number> {
	const { config, warnings } = readSettings(context, envFile);
	const checked: Config = { ...config, services: config.services.map(withOwnPort) };
	const serving = await Serving.open({ config: checked, warnings }, ownStream(context.stderr, STDERR));
	const signals = listenForSignals(context, serving.toggle);
	try {
		const child = await startChild({ command, args, env: { ...context.env } });
		for (const signal of FORWARDED_SIGNALS) context.onPassedOn(signal, () => child.signal(signal));
		const note = pidOneNote(context.pid);
		if (note !== null) serving.log.warn(note);
		serving.log.info('the command runs', { pid: child.pid });
		return await new Wrapped(serving, child, signals, config.drainDelayMs).end();
	} catch (error) {
		if (!(error instanceof SpawnError)) throw error;
		await serving.close();
		context.stderr.write(`etcd-registrar: ${error.message}\n`);
		return error.exitCode;
	}
}

/** Without a check of its own a service is well while its port accepts. */
function withOwnPort(service: ServiceConfig): ServiceConfig {
	const address = parseAddress(service.addr);
	if (service.check !== null || !('value' in address)) return service;
	const { host, port } = address.value;
	return { ...service, check: { kind: 'port', host, port, ...service.checkTiming, eagerMs: EAGER_MS } };
}

class Wrapped {
	readonly #code: Promise<number>;

	constructor(
		private readonly serving: Serving,
		private readonly child: Child,
		private readonly signals: Signals,
		private readonly drainDelayMs: number,
	) {
		this.#code = child.exited.then(({ code, signal }) => {
			serving.log.info('the command ended', code === null ? { signal } : { code });
			return exitCodeOf(code, signal);
		});
		void signals.second.then(() => child.killAll());
	}

	/** Resolves when the command has ended and its keys are gone, or a second signal cut that short. */
	async end(): Promise<number> {
		const { serving, signals } = this;
		const ended = this.#code.then(() => null);
		const cause = await Promise.race([ended, signals.first, serving.start()]);
		if (cause !== null) await this.#stop(cause);
		const code = await this.#code;
		await Promise.race([serving.close(), signals.second]);
		return typeof cause === 'number' ? cause : code;
	}

	/** Deregister, let clients notice, then end the command: by the signal that we were given. */
	async #stop(cause: NodeJS.Signals | number): Promise<void> {
		const { serving, child, signals } = this;
		const signal = typeof cause === 'number' ? 'SIGTERM' : cause;
		if (cause === signal) serving.log.info('stopping', { signal });
		const cut = Promise.race([this.#code, signals.second]);
		// Without a lease nothing of ours was ever in etcd: nobody can have found us.
		const known = serving.registrar.status().lease !== null;
		await Promise.race([serving.registrar.stop(), cut]);
		if (known && this.drainDelayMs > 0) {
			serving.log.info('draining before the command is told to stop', { delayMs: this.drainDelayMs });
			await Promise.race([delay(this.drainDelayMs), cut]);
		}
		child.signal(signal);
	}
}

/** Does not keep the process alive by itself: the command does. */
function delay(ms: number): Promise<void> {
	return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
