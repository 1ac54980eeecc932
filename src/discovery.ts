/** `etcd-registrar/discovery`: the instances of a service, kept up to date. The public names, and where discovery's ports meet vendors. */
import { readFileSync } from 'node:fs';
import { EtcdDirectory } from './adapters/etcd/directory.js';
import { monotonicClock } from './adapters/host/clock.js';
import { guardedLogger } from './core/log/guarded-logger.js';
import type { Logger } from './core/logger.js';
import {
	type DiscoverOptions,
	type ParsedDiscovery,
	parseDiscovery,
} from './core/settings/discovery-options.js';
import { Discovery } from './discovery/discovery.js';
import type { Directory } from './discovery/ports.js';
import { Shared } from './discovery/shared.js';

export { ConfigError } from './core/errors.js';
export type { FormatName, Instance } from './core/formats/index.js';
export type { Logger } from './core/logger.js';
export type { Protocol } from './core/registration.js';
export type { DirectoryOptions, DiscoverOptions } from './core/settings/discovery-options.js';
export type { Discovery } from './discovery/discovery.js';
export { ClosedError } from './discovery/errors.js';
export type { Changed, DiscoveryEvent, DiscoveryEvents, DiscoveryStatus } from './discovery/events.js';

/** Names that are read from one etcd in one way share one client and one watch. */
const directories = new Shared<Directory>();

/**
 * Follows the instances of one service until it is closed; it begins to read at once, whether or not etcd is there.
 * @throws ConfigError with all mistakes at once
 */
export function discover(options: DiscoverOptions): Discovery {
	return follow(parseDiscovery(options, { readFile: (path) => readFileSync(path, 'utf8') }));
}

/** @internal */
export function follow({ etcd, wanted, pollMs, emptyGraceMs, logger }: ParsedDiscovery): Discovery {
	const guarded = guardedLogger(logger ?? SILENT);
	const { endpoints, auth, tls, dialTimeoutMs, callTimeoutMs } = etcd;
	const { thing: directory, release } = directories.take(
		JSON.stringify([endpoints, auth, tls, dialTimeoutMs, callTimeoutMs]),
		() => new EtcdDirectory({ ...etcd, authRetryMs: pollMs }, monotonicClock, guarded),
	);
	return new Discovery({
		...{ wanted, directory, release, pollMs, emptyGraceMs },
		logger: guarded,
		clock: monotonicClock,
		today: () => new Date(),
		random: Math.random,
	});
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
