/** What systemd is told of a running registrar (`Type=notify`). */
import { ServiceManager } from '../../adapters/host/service-manager.js';
import type { Config } from '../../core/settings/config.js';
import type { RegistrarEvent } from '../../registrar/events.js';
import type { Logger } from '../../registrar/ports.js';
import type { PollingRegistrar } from '../../registrar/registrar.js';

const EVENTS: readonly RegistrarEvent[] = [
	...(['registered', 'repaired', 'kept', 'withdrawn', 'conflict', 'degraded', 'recovered'] as const),
];
/** Some states come with the time alone: a key that was not verified for two intervals. */
const LOOK_EVERY_MS = 5_000;
/** How long the end of the process waits for the last word. */
const LAST_MS = 1_000;

export class Notifying {
	readonly #manager: ServiceManager;
	#timer: NodeJS.Timeout | undefined;

	constructor(
		private readonly registrar: PollingRegistrar,
		private readonly config: Config,
		env: Readonly<Record<string, string | undefined>>,
		logger: Logger,
	) {
		this.#manager = new ServiceManager({ env, logger, status: () => sentence(registrar) });
		for (const event of EVENTS) registrar.on(event, () => this.#manager.changed());
	}

	/**
	 * The loop runs. Who set a limit to the start wants to be registered by then, and is ready when it is; else
	 * it is ready now, since etcd may be waited for however long.
	 */
	started(): void {
		this.#timer = setInterval(() => this.#manager.changed(), LOOK_EVERY_MS).unref();
		const ready = () => this.#manager.tell('READY=1');
		if (this.config.startupTimeoutMs === null) ready();
		else this.registrar.ready().then(ready, () => {});
	}

	/** To be called once the stop has begun. */
	stopping(): void {
		clearInterval(this.#timer);
		this.#manager.tell('STOPPING=1');
	}

	async end(): Promise<void> {
		clearInterval(this.#timer);
		await this.#manager.end(LAST_MS);
	}
}

/** Some reasons begin with the state. */
function sentence(registrar: PollingRegistrar): string {
	const { state, reason } = registrar.status();
	return reason.startsWith(state) ? reason : `${state}: ${reason}`;
}
