/** `etcd-registrar run`: keeps the services registered until it is told to stop. */
import { createLog, type Log } from '../adapters/winston-logger.js';
import type { Config } from '../core/config/index.js';
import { assemble } from '../register.js';
import type { Registrar } from '../registrar/registrar.js';
import { type Context, EXIT } from './context.js';
import { readSettings } from './settings.js';

/** How long the log's reader may take for the last lines. */
const FLUSH_MS = 2_000;
/** The log is loaded when the first registration stands, so that it does not wait for it; at the latest after this. */
const LOAD_LOG_MS = 1_000;

export async function run(context: Context, envFile: string | null): Promise<number> {
	const { config, warnings } = readSettings(context, envFile);
	const log = openLog(config, context);
	for (const warning of warnings) log.warn(warning);
	const registrar = assemble({ ...config, logger: log, hints: true });
	return await live(registrar, config, context, log);
}

export function openLog({ logLevel, logFormat }: Config, { stderr }: Context): Log {
	return createLog({ level: logLevel, format: logFormat ?? (stderr.isTTY ? 'pretty' : 'json'), stream: stderr });
}

/** Until a signal, a conflict or the start-up time-out says that it is over. */
async function live(registrar: Registrar, config: Config, context: Context, log: Log): Promise<number> {
	const over = new Promise<number>((resolve) => {
		let signals = 0;
		context.onSignal((signal) => {
			signals += 1;
			if (signals > 1) context.exit(EXIT.ok);
			log.info('stopping', { signal });
			resolve(EXIT.ok);
		});
		registrar.on('conflict', ({ fatal }) => fatal && resolve(EXIT.conflict));
		if (config.startupTimeoutMs !== null) {
			const timer = setTimeout(() => {
				log.error('not registered within REGISTRAR_STARTUP_TIMEOUT', { reason: registrar.status().reason });
				resolve(EXIT.unavailable);
			}, config.startupTimeoutMs);
			registrar.ready().then(
				() => clearTimeout(timer),
				() => clearTimeout(timer),
			);
		}
	});
	await registrar.start();
	void loadLogWhenRegistered(registrar, log);
	const code = await over;
	await registrar.stop();
	await log.close(FLUSH_MS);
	return code;
}

async function loadLogWhenRegistered(registrar: Registrar, log: Log): Promise<void> {
	await registrar.ready({ signal: AbortSignal.timeout(LOAD_LOG_MS) }).catch(() => undefined);
	await log.load();
}
