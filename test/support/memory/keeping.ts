import { guardedLogger } from '../../../src/core/log/logger.js';
import type { ServiceOptions } from '../../../src/core/settings/options.js';
import { parseService } from '../../../src/core/settings/service-options.js';
import type { RegistrarEvent, RegistrarEvents } from '../../../src/registrar/events.js';
import type { RegistrarParts } from '../../../src/registrar/parts.js';
import { PollingRegistrar } from '../../../src/registrar/registrar.js';
import { aLogger } from '../logger.js';
import { HandSchedule } from './hand-schedule.js';
import { MemoryEtcd } from './memory-etcd.js';
import { MemoryStore, type MemoryStoreOptions } from './memory-store.js';

export interface KeepingOptions
	extends MemoryStoreOptions,
		Partial<Omit<RegistrarParts, 'services' | 'store'>> {
	readonly etcd?: MemoryEtcd;
	readonly services?: readonly Partial<ServiceOptions>[];
}

const EVENTS: readonly RegistrarEvent[] = [
	'registered',
	'repaired',
	'kept',
	'withdrawn',
	'conflict',
	'degraded',
	'recovered',
	'stopped',
];

/**
 * A whole registrar on an etcd in memory, with ticks by hand; everything it tells is kept. For fake timers.
 */
export function aKeeping({
	etcd = new MemoryEtcd(performance),
	services = [{}],
	callTimeoutMs = 1_000,
	manner = '3.4',
	...parts
}: KeepingOptions = {}) {
	const store = new MemoryStore(etcd, { callTimeoutMs, manner });
	const schedule = new HandSchedule();
	const { logger, lines } = aLogger();
	const registrar = new PollingRegistrar({
		store,
		schedule,
		clock: performance,
		random: Math.random,
		ttlSeconds: 6,
		callTimeoutMs,
		stopTimeoutMs: 5_000,
		onConflict: 'take-over',
		hints: true,
		namespace: undefined,
		services: services.map((service) =>
			parseService({ name: 'user', addr: '10.0.0.5:80', ...service }, undefined),
		),
		resolve: async ({ addr }) => addr,
		createCheck: () => ({ check: () => Promise.resolve() }),
		createLoadReader: () => () => Promise.reject(new Error('no load here')),
		...parts,
		logger: guardedLogger(parts.logger ?? logger),
	});
	const events: { readonly event: RegistrarEvent; readonly detail: RegistrarEvents[RegistrarEvent] }[] = [];
	for (const event of EVENTS) registrar.on(event, (detail) => events.push({ event, detail }));
	return { registrar, store, etcd, schedule, lines, events, names: () => events.map(({ event }) => event) };
}

export const KEY = '/ns/user/10.0.0.5:80';
