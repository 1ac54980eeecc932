/**
 * `etcd-registrar check`: what the configuration comes to, and whether etcd would take it. Writes nothing.
 */

import { EtcdStore } from '../../adapters/etcd/store.js';
import { resolveAddress } from '../../adapters/host/address.js';
import { monotonicClock } from '../../adapters/host/clock.js';
import { Routes } from '../../adapters/host/routes.js';
import { StoreError } from '../../core/errors.js';
import { instancesPrefix } from '../../core/formats/index.js';
import { leaseHex } from '../../core/lease-id.js';
import type { Entry } from '../../core/registration.js';
import type { Config } from '../../core/settings/config.js';
import { drainDoubt } from '../../core/settings/doubts.js';
import { entriesOf } from '../../core/settings/entries.js';
import { VARIABLE_NAMES } from '../../core/settings/environment/variables.js';
import type { Store } from '../../registrar/ports.js';
import { type Context, EXIT } from '../context.js';
import { storeTrouble } from '../inspect/inspection.js';
import { printable } from '../inspect/table.js';
import { unguarded } from '../run/unguarded.js';
import { readSettings } from '../settings.js';
import { configuration, entryTable, permissions, section } from './report.js';
import { deniedWrites, type FoundKey, type RoundTrip, readKeys } from './round-trip.js';

/**
 * Exit code 0 = everything would be registered; 69 = etcd does not answer, or denies something; the cause is
 * told on stderr.
 */
export async function check(context: Context, envFile: string | null): Promise<number> {
	const { config, sources, warnings } = readSettings(context, envFile);
	const say = (text: string) => context.stdout.write(text);
	const complain = (text: string) => context.stderr.write(`etcd-registrar: ${text}\n`);
	for (const warning of [...warnings, drainDoubt(config) ?? []].flat()) complain(warning);
	say(configuration(sources));
	for (const warning of await unguarded(config.services)) complain(warning);
	const entries = await resolvedEntries(config, complain);
	if (entries === null) return EXIT.unavailable;
	say(entryTable(entries));
	say(
		permissions(entries, {
			role: `registrar-${config.services[0]?.name ?? 'service'}`,
			username: config.auth?.username ?? null,
			counted: countedPrefixes(config),
		}),
	);
	const trips = await Promise.all(
		config.endpoints.map((endpoint) => askOne(endpoint, config, entries, complain)),
	);
	say(
		section(
			'etcd',
			trips.map(({ endpoint, trouble, answer }) => [
				endpoint,
				trouble ?? `answers (${Math.round(answer?.tookMs ?? 0)} ms)`,
			]),
		),
	);
	const best = trips.find((trip) => trip.answer !== null);
	for (const { trouble } of trips) if (trouble !== null) complain(trouble);
	if (best?.answer == null) return EXIT.unavailable;
	const { found, denied } = { found: best.answer.found, denied: new Set(best.denied) };
	say(
		section(
			'now in etcd',
			entries.map(({ key, value }) => [
				printable(key),
				standing(found.get(key) ?? null, value),
				...(denied.has(key) ? ['write: DENIED'] : []),
			]),
		),
	);
	const lacking = entries.filter(({ key }) => denied.has(key) || found.get(key) === 'denied');
	if (lacking.length === 0) {
		say('ok: nothing stands in the way of registering; nothing was written\n');
		return EXIT.ok;
	}
	complain(
		`permission denied: the role must allow readwrite on ${lacking.map(({ key }) => key).join(', ')} (see the commands above)`,
	);
	return EXIT.unavailable;
}

/**
 * As the registrar would render them now. `null` = an address cannot be found out yet, which is told. @throws
 * ConfigError
 */
async function resolvedEntries(config: Config, complain: (text: string) => void): Promise<Entry[] | null> {
	try {
		const { endpoints, ttlSeconds } = config;
		const routes = new Routes();
		const all = config.services.map(async (service) => {
			const addr = await resolveAddress(service.addr, {
				...{ serviceHost: service.host, endpoints, routes, names: VARIABLE_NAMES },
			});
			return entriesOf(service, addr, {
				ttlSeconds,
				weightPercent: service.weight === 'auto' ? 100 : undefined,
			});
		});
		return (await Promise.all(all)).flat();
	} catch (error) {
		if (!(error instanceof StoreError)) throw error;
		complain(error.message);
		return null;
	}
}

/** Where the instances are counted, for services that not all of them may leave. */
function countedPrefixes({ services }: Config): readonly string[] {
	const guarded = services.filter(({ checkTiming }) => checkTiming.minHealthy !== undefined);
	const prefixes = guarded.flatMap(({ formats, name, namespace }) =>
		formats.map((format) => instancesPrefix({ format, name, namespace })),
	);
	return [...new Set(prefixes)];
}

interface Trip {
	readonly endpoint: string;
	readonly answer: RoundTrip | null;
	readonly denied: readonly string[];
	/** One sentence; `null` = it answers. */
	readonly trouble: string | null;
}

/** Each endpoint by itself: one that is down shows, though the registrar could do without it. */
async function askOne(
	endpoint: string,
	config: Config,
	entries: readonly Entry[],
	warn: (message: string) => void,
): Promise<Trip> {
	const logger = { debug() {}, info() {}, warn, error: warn };
	const store: Store = new EtcdStore(
		{ ...config, endpoints: [endpoint], authRetryMs: config.ttlSeconds * 1_000, names: VARIABLE_NAMES },
		monotonicClock,
		logger,
	);
	try {
		const answer = await readKeys(store, entries);
		return { endpoint, answer, denied: await deniedWrites(store, entries), trouble: null };
	} catch (error) {
		if (!(error instanceof StoreError)) throw error;
		return {
			endpoint,
			answer: null,
			denied: [],
			trouble: storeTrouble(error, { endpoints: [endpoint], prefixes: [] }),
		};
	} finally {
		store.close();
	}
}

function standing(found: FoundKey, wanted: string): string {
	if (found === 'denied') return 'read: DENIED';
	if (found === null) return 'absent: would be registered';
	const value = found.value === wanted ? 'same value' : 'another value';
	return found.lease === null
		? `there without a lease, ${value}`
		: `there under lease ${leaseHex(found.lease)}, ${value}`;
}
