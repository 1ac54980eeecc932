/** Where discovery's ports meet vendors. */
import { EtcdDirectory } from './adapters/etcd/directory.js';
import { monotonicClock } from './adapters/host/clock.js';
import type { Logger } from './core/log/logger.js';
import { guardedLogger } from './core/log/logger.js';
import type { ParsedDiscovery } from './core/settings/config.js';
import { OPTION_NAMES } from './core/settings/options.js';
import { Discovery } from './discovery/discovery.js';
import type { Directory } from './discovery/ports.js';
import { Shared } from './discovery/shared.js';

/** Names that are read from one etcd in one way share one client and one watch. */
const directories = new Shared<Directory>();

export function follow({ etcd, wanted, pollMs, emptyGraceMs, logger }: ParsedDiscovery): Discovery {
	const guarded = guardedLogger(logger ?? SILENT);
	const { endpoints, auth, tls, dialTimeoutMs, callTimeoutMs } = etcd;
	const { thing: directory, release } = directories.take(
		JSON.stringify([endpoints, auth, tls, dialTimeoutMs, callTimeoutMs]),
		() => new EtcdDirectory({ ...etcd, authRetryMs: pollMs, names: OPTION_NAMES }, monotonicClock, guarded),
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
