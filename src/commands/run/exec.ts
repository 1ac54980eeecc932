/**
 * `etcd-registrar run -- command args…`: registered while the command is well, gone from etcd before it
 * stops.
 */
import { type Child, FORWARDED_SIGNALS, SpawnError, startChild } from '../../adapters/host/child.js';
import { exitCodeOf } from '../../adapters/host/exit-code.js';
import { pidOneNote } from '../../adapters/host/pid-one.js';
import { parseAddress } from '../../core/address.js';
import type { Config, ServiceConfig } from '../../core/settings/config.js';
import { drainDoubt } from '../../core/settings/doubts.js';
import { ownPort } from '../../core/settings/values/check.js';
import type { Context } from '../context.js';
import { explain } from '../explain.js';
import { readSettings } from '../settings.js';
import { ownStream } from './own-stream.js';
import { Serving } from './serving.js';
import { listenForSignals, type Signals } from './signals.js';

export interface ExecCall {
	readonly envFile: string | null;
	readonly child: readonly [string, ...string[]];
}

const STDERR = 2;
/** What the registrar ends by itself may take so long to end. */
const KILL_AFTER_MS = 10_000;

/**
 * Resolves to the command's own exit code; 126 or 127 when it cannot be started; 69, 70, 75 or 78 when the
 * registrar ended it.
 */
export async function exec(context: Context, call: ExecCall): Promise<number> {
	const stderr = ownStream(context.stderr, STDERR);
	try {
		return await runWrapped({ ...context, stderr }, call);
	} catch (error) {
		if (!(error instanceof SpawnError)) return explain(error, { stderr });
		stderr.write(`etcd-registrar: ${error.message}\n`);
		return error.exitCode;
	}
}

/** What can be refused is refused before the command starts. @throws ConfigError, SpawnError */
async function runWrapped(
	context: Context,
	{ envFile, child: [command, ...args] }: ExecCall,
): Promise<number> {
	const { config, warnings } = readSettings(context, envFile);
	const checked: Config = { ...config, services: config.services.map(withOwnPort) };
	const told = [...warnings, drainDoubt(config) ?? []].flat();
	const serving = await Serving.open({ config: checked, warnings: told }, context.stderr, context.env);
	let child: Child | null = null;
	const pass = (signal: NodeJS.Signals) => {
		if (child === null || !FORWARDED_SIGNALS.has(signal)) return false;
		child.signal(signal);
		return true;
	};
	const signals = listenForSignals(context, { toggle: serving.toggle, pass });
	const fault = new Promise<Cause>((resolve) => {
		context.onFault((error) => resolve({ why: 'failed', error }));
	});
	try {
		child = await startChild({ command, args, env: { ...context.env } });
	} catch (error) {
		await serving.close();
		throw error;
	}
	const note = pidOneNote(context.pid);
	if (note !== null) serving.log.warn(note);
	serving.log.info('the command runs', { pid: child.pid });
	return await new Wrapped(serving, child, signals, config.drainDelayMs).end(fault);
}

/** Without a check of its own a service is well while its port accepts. */
function withOwnPort(service: ServiceConfig): ServiceConfig {
	const address = parseAddress(service.addr);
	if (service.check !== null || !('value' in address)) return service;
	return { ...service, check: ownPort(address.value, service.checkTiming) };
}

/** Why it comes to an end. */
type Cause =
	| { readonly why: 'ended' }
	| { readonly why: 'signal'; readonly signal: NodeJS.Signals }
	| { readonly why: 'gave up'; readonly code: number }
	| { readonly why: 'failed'; readonly error: unknown };

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
		void signals.second.then(() => child.signalAll('SIGKILL'));
	}

	/**
	 * Resolves when the command has ended and its keys are gone, or a second signal cut that short; then
	 * rejects if it failed.
	 */
	async end(fault: Promise<Cause>): Promise<number> {
		const { serving, signals } = this;
		const cause = await Promise.race<Cause>([
			this.#code.then(() => ({ why: 'ended' })),
			signals.first.then((signal) => ({ why: 'signal', signal })),
			serving.start().then(
				(code) => ({ why: 'gave up', code }),
				(error: unknown) => ({ why: 'failed', error }),
			),
			fault,
		]);
		if (cause.why !== 'ended') await this.#stop(cause);
		const code = await this.#code;
		await Promise.race([serving.close(), signals.second]);
		if (cause.why === 'failed') throw cause.error;
		return cause.why === 'gave up' ? cause.code : code;
	}

	/** Deregister, let clients notice, then end the command: by the signal that we were given. */
	async #stop(cause: Exclude<Cause, { why: 'ended' }>): Promise<void> {
		const { serving, child, signals } = this;
		if (cause.why === 'signal') serving.log.info('stopping', { signal: cause.signal });
		const cut = Promise.race([this.#code, signals.second]);
		// Without a lease nothing of ours was ever in etcd: nobody can have found us.
		const known = serving.registrar.status().lease !== null;
		await Promise.race([serving.stop(), cut]);
		if (known && this.drainDelayMs > 0) {
			serving.log.info('draining before the command is told to stop', { delayMs: this.drainDelayMs });
			await Promise.race([delay(this.drainDelayMs), cut]);
		}
		if (cause.why === 'signal') return child.signal(cause.signal);
		// Nobody asked for this end, and nobody may be there to send a second signal.
		child.signalAll('SIGTERM');
		setTimeout(() => child.signalAll('SIGKILL'), KILL_AFTER_MS).unref();
	}
}

/** Does not keep the process alive by itself: the command does. */
function delay(ms: number): Promise<void> {
	return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
