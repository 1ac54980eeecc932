/**
 * `etcd-registrar/discovery`: the instances of a service, kept up to date. The public names, each written
 * out.
 */
import { readFileSync } from 'node:fs';
import { parseDiscovery } from './core/settings/discovery-options.js';
import type { DiscoverOptions } from './core/settings/options.js';
import type { Discovery } from './discovery/discovery.js';
import { follow } from './follow.js';

export { ConfigError } from './core/errors.js';
export type { FormatName, Instance } from './core/formats/index.js';
export type { Logger } from './core/log/logger.js';
export type { Protocol } from './core/registration.js';
export type { DirectoryOptions, DiscoverOptions } from './core/settings/options.js';
export type { Discovery } from './discovery/discovery.js';
export type { Changed, DiscoveryEvent, DiscoveryEvents, DiscoveryStatus } from './discovery/events.js';
export { ClosedError } from './discovery/events.js';

/**
 * Follows the instances of one service until it is closed; it begins to read at once, whether or not etcd is
 * there.
 * @throws ConfigError with all mistakes at once
 */
export function discover(options: DiscoverOptions): Discovery {
	return follow(parseDiscovery(options, { readFile: (path) => readFileSync(path, 'utf8') }));
}
