/**
 * `etcd-registrar/grpc`: clients of `@grpc/grpc-js` dial the instances of a service,
 * `new Greeter('etcd:///user', credentials)`.
 */
import { readFileSync } from 'node:fs';
import { monotonicClock } from './adapters/host/clock.js';
import { parseDiscovery } from './core/settings/discovery-options.js';
import type { DirectoryOptions } from './core/settings/options.js';
import type { Discovery } from './discovery/discovery.js';
import type { GrpcJs } from './discovery/grpc/interface.js';
import { resolverClass } from './discovery/grpc/resolver.js';
import { Shared } from './discovery/shared.js';
import { follow } from './follow.js';

export { ConfigError } from './core/errors.js';
export type { FormatName } from './core/formats/index.js';
export type { Logger } from './core/log/logger.js';
export type { DirectoryOptions } from './core/settings/options.js';
export type { GrpcJs } from './discovery/grpc/interface.js';

const SCHEME = 'etcd';

/**
 * From now on the given `@grpc/grpc-js` (1.12 or later) dials `etcd:///<name>`: the instances that are
 * registered, round robin unless the channel's service config says otherwise. It is passed in because two
 * copies of grpc-js have two registries. Nothing happens before the first channel, and nothing is left after
 * the last is closed. A second call replaces the first for channels to come.
 * @throws ConfigError with all mistakes at once
 */
export function registerResolver(grpc: GrpcJs, options: DirectoryOptions): void {
	const parse = (name: string) =>
		parseDiscovery({ ...options, name }, { readFile: (path) => readFileSync(path, 'utf8') });
	parse('any');
	const discoveries = new Shared<Discovery>();
	const resolver = resolverClass({
		grpc,
		clock: monotonicClock,
		check: parse,
		follow: (name) => discoveries.take(name, () => follow(parse(name))),
	});
	grpc.experimental.registerResolver(SCHEME, resolver as never);
}
