/** What `run` and `run -- command` share: a registrar with its log and its endpoints, and what may end it. */

import type { Control } from '../../adapters/control/server.js';
import { type Endpoints, startEndpoints } from '../../adapters/http/endpoints.js';
import { createLog, type Log } from '../../adapters/log/winston.js';
import { readPage } from '../../adapters/page.js';
import type { Config } from '../../core/settings/config.js';
import { VARIABLE_NAMES } from '../../core/settings/environment/variables.js';
import { assemble } from '../../register.js';
import type { PollingRegistrar } from '../../registrar/registrar.js';
import { type Context, EXIT } from '../context.js';
import type { Settings } from '../settings.js';
import type { Notifying } from './notifying.js';
import { unguarded } from './unguarded.js';

/** How long the log's reader may take for the last lines. */
const FLUSH_MS = 2_000;

export class Serving {
	#isStopping = false;

	private constructor(
		readonly registrar: PollingRegistrar,
		readonly log: Log,
		private readonly config: Config,
		private readonly endpoints: Endpoints | null,
		readonly control: Control | null,
		private readonly notifying: Notifying | null,
	) {}

	/**
	 * `env`: where systemd may be told of it. Everything but the first pass: that begins with `start()`. The
	 * endpoints and the control socket are asked for before it and not waited for: a port that is taken delays
	 * no registration. @throws ConfigError
	 */
	static async open(
		{ config, warnings }: Settings,
		stderr: NodeJS.WriteStream,
		env: Context['env'] = {},
	): Promise<Serving> {
		const log = createLog({
			level: config.logLevel,
			format: config.logFormat ?? (stderr.isTTY ? 'pretty' : 'json'),
			stream: stderr,
		});
		for (const warning of warnings) log.warn(warning);
		const registrar = assemble({
			...{ ...config, logger: log, hints: true, keepsChanges: config.http !== null },
			names: VARIABLE_NAMES,
		});
		await registrar.findAddresses();
		const sources = {
			status: () => registrar.status(),
			changes: () => registrar.recentChanges(),
			page: readPage,
		};
		const endpoints =
			config.http === null ? null : await startEndpoints({ ...config.http, ...sources, logger: log });
		const control =
			config.control === null ? null : await openControl(registrar, log, config, config.control);
		const notifying = env.NOTIFY_SOCKET ? await notifier(registrar, log, config, env) : null;
		return new Serving(registrar, log, config, endpoints, control, notifying);
	}

	/**
	 * Resolves to an exit code if it is over before anybody asked for it: a conflict under `fail`, the start-up
	 * time-out.
	 */
	async start(): Promise<number> {
		const conflict = this.#conflict();
		await this.registrar.start();
		this.notifying?.started();
		void unguarded(this.config.services).then((warnings) => {
			for (const warning of warnings) this.log.warn(warning);
		});
		const loadLog = () => this.log.load();
		this.registrar.ready().then(loadLog, loadLog);
		return await Promise.race([conflict, this.#startupTimeout()]);
	}

	/** Pauses everything, or, where everything is paused, resumes it. */
	readonly toggle = (): void => {
		const { registrar } = this;
		void (registrar.isPaused ? registrar.resume() : registrar.pause({ reason: 'SIGUSR2' }));
	};

	/** Resolves when the keys are gone, or were given up. */
	async stop(): Promise<void> {
		const stopped = this.registrar.stop();
		if (!this.#isStopping) this.notifying?.stopping();
		this.#isStopping = true;
		await stopped;
	}

	/** Waits for the log's reader too, within bounds. */
	async close(): Promise<void> {
		await this.stop();
		await this.notifying?.end();
		await Promise.all([this.endpoints?.close(), this.control?.close()]);
		await this.log.close(FLUSH_MS);
	}

	#conflict(): Promise<number> {
		return new Promise((resolve) =>
			this.registrar.on('conflict', ({ fatal }) => fatal && resolve(EXIT.conflict)),
		);
	}

	#startupTimeout(): Promise<number> {
		return new Promise((resolve) => {
			if (this.config.startupTimeoutMs === null) return;
			const timer = setTimeout(() => {
				this.log.error('not registered within REGISTRAR_STARTUP_TIMEOUT', {
					reason: this.registrar.status().reason,
				});
				resolve(EXIT.unavailable);
			}, this.config.startupTimeoutMs);
			const done = () => clearTimeout(timer);
			this.registrar.ready().then(done, done);
		});
	}
}

async function openControl(
	registrar: PollingRegistrar,
	logger: Log,
	{ stopTimeoutMs }: Config,
	path: string,
): Promise<Control> {
	const { startControl } = await import('../../adapters/control/server.js');
	return startControl({ path, subject: registrar, logger, confirmMs: stopTimeoutMs });
}

async function notifier(
	registrar: PollingRegistrar,
	log: Log,
	config: Config,
	env: Context['env'],
): Promise<Notifying> {
	const { Notifying } = await import('./notifying.js');
	return new Notifying(registrar, config, env, log);
}
