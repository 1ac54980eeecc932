/**
 * The one place of the library where ports meet vendors. Importing it loads none of them: they come with the
 * first registrar.
 */
import { readFileSync } from 'node:fs';
import { createCheck } from './adapters/checks/index.js';
import { CronSchedule } from './adapters/cron.js';
import { EtcdStore } from './adapters/etcd/store.js';
import { resolveAddress } from './adapters/host/address.js';
import { monotonicClock } from './adapters/host/clock.js';
import { createLoadReader } from './adapters/host/load/index.js';
import { Routes } from './adapters/host/routes.js';
import { meterOf } from './adapters/meter.js';
import { packageVersion } from './adapters/version.js';
import { guardedLogger } from './core/log/logger.js';
import type { Meter } from './core/meter.js';
import type { ConflictPolicy } from './core/registration.js';
import type { EtcdConfig, ParsedOptions, ServiceConfig } from './core/settings/config.js';
import { parseOptions } from './core/settings/from-options.js';
import type { RegistrarOptions } from './core/settings/options.js';
import { OPTION_NAMES, type SettingNames } from './core/settings/options.js';
import type { Registrar } from './registrar/api.js';
import type { Logger } from './registrar/ports.js';
import { PollingRegistrar } from './registrar/registrar.js';

/** Made of options or of the environment, checked. */
export interface Assembly extends EtcdConfig {
	readonly services: readonly ServiceConfig[];
	readonly namespace?: string | undefined;
	readonly onConflict: ConflictPolicy;
	readonly stopTimeoutMs: number;
	readonly hints: boolean;
	/** Whether the recent changes are kept for whoever asks. @defaultValue false */
	readonly keepsChanges?: boolean;
	readonly logger: Logger;
	readonly meter?: Meter | null;
	/** What messages call the settings. */
	readonly names: SettingNames;
}

/**
 * The classic registrar's four arguments: `register('127.0.0.1:2379', 'user', '10.0.0.5:8080', 5)`. Endpoints
 * are separated by `;` or `,`; the TTL is in seconds. Resolves once the loop runs, whether or not etcd is
 * there. Rejects with a `ConfigError` that names all mistakes at once.
 */
export async function register(
	etcdAddr: string,
	name: string,
	addr: string,
	ttl: number,
): Promise<Registrar> {
	const registrar = createRegistrar({ endpoints: etcdAddr, ttlSeconds: ttl, services: [{ name, addr }] });
	await registrar.start();
	return registrar;
}

/** A registrar that is not started yet. @throws ConfigError with all mistakes at once */
export function createRegistrar(options: RegistrarOptions): Registrar {
	const parsed: ParsedOptions = parseOptions(options, { readFile: (path) => readFileSync(path, 'utf8') });
	const logger = guardedLogger(parsed.logger ?? SILENT);
	for (const warning of parsed.warnings) logger.warn(warning);
	return assemble({ ...parsed, logger, names: OPTION_NAMES });
}

export function assemble(assembly: Assembly): PollingRegistrar {
	const { ttlSeconds, endpoints, names, meter = null } = assembly;
	const routes = new Routes();
	const logger = guardedLogger(assembly.logger);
	const store = new EtcdStore({ ...assembly, authRetryMs: ttlSeconds * 1_000 }, monotonicClock, logger);
	return new PollingRegistrar({
		...assembly,
		version: packageVersion(),
		namespace: assembly.namespace,
		where: { endpoints: assembly.endpoints.join(';') },
		logger,
		store,
		schedule: new CronSchedule({ logger }),
		clock: monotonicClock,
		random: Math.random,
		createCheck,
		createLoadReader,
		createMetering: meter === null ? undefined : (status) => meterOf(meter, status, logger),
		resolve: ({ addr, host }) => resolveAddress(addr, { serviceHost: host, endpoints, names, routes }),
	});
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
