/** One life of a process: the real registrar on a simulated store, and what it ought to keep in etcd. */
import type { StoreError, StoreErrorCode } from '../../src/core/errors.js';
import type { LeaseId } from '../../src/core/registration.js';
import type { ServiceConfig } from '../../src/core/settings/config.js';
import { entriesOf } from '../../src/core/settings/entries.js';
import { parseService } from '../../src/core/settings/service-options.js';
import type { RegistrarEvent } from '../../src/registrar/events.js';
import type { Write } from '../../src/registrar/ports.js';
import { PollingRegistrar } from '../../src/registrar/registrar.js';
import { MemorySession } from '../support/memory/memory-session.js';
import type { Link } from './network.js';
import type { Random } from './random.js';
import type { ProcessScenario, Scenario } from './scenario.js';
import { SimulatedSchedule } from './schedule.js';
import type { SimulatedEtcd } from './server.js';
import { type Call, type CallWitness, SimulatedStore } from './store.js';
import type { Owner, SimulatedTime } from './time.js';
import type { Trace } from './trace.js';

/** Sees what lives do and what happens to them. */
export interface LifeWitness {
	acts<T>(life: Life, call: Call, carryOut: () => T): T;
	writing(life: Life, writes: readonly Write[]): void;
	/** It asks for a lease. */
	asking(life: Life): void;
	granted(life: Life, lease: LeaseId): void;
	beforeRenewal(lease: LeaseId): void;
	renewed(lease: LeaseId, ttlSeconds: number): void;
	conflict(life: Life, key: string, lease: LeaseId, fatal: boolean): void;
	ended(life: Life, clean: boolean): void;
	broken(invariant: string, detail: string): void;
}

export interface LifeParts {
	readonly time: SimulatedTime;
	readonly random: Random;
	readonly trace: Trace;
	readonly server: SimulatedEtcd;
	readonly link: Link;
	readonly witness: LifeWitness;
}

interface Expected {
	readonly value: string;
	readonly sinceMs: number;
}

const EVENTS: readonly RegistrarEvent[] = [
	...(['registered', 'repaired', 'withdrawn', 'conflict', 'degraded', 'recovered', 'stopped'] as const),
];
/** Errors after which etcd may have done what it was asked. */
const MAYBE_DONE: ReadonlySet<StoreErrorCode> = new Set(['unavailable', 'timeout', 'aborted']);
const silent = { debug() {}, info() {}, warn() {}, error() {} };

export class Life implements Owner, CallWitness {
	dead = false;
	stalledUntilMs = 0;
	timers = 0;
	readonly startedMs: number;
	readonly registrar: PollingRegistrar;
	readonly store: SimulatedStore;
	readonly leases = new Set<LeaseId>();
	/** Keys that it told to have had: from then on it is superseded by whoever takes them. */
	readonly had = new Set<string>();
	/** What should stand under its keys, unless it is paused. */
	readonly wanted = new Map<string, Expected>();
	/** What takes the place of a key that leaves. */
	readonly successors = new Map<string, string>();
	/** Keys that it may keep until those that replace them stand. */
	readonly leaving = new Map<string, string>();
	readonly services = new Map<number, { config: ServiceConfig; addr: string; version: number }>();
	readonly calls: Record<Call, number> = {
		...{ read: 0, write: 0, grant: 0, revoke: 0, timeToLive: 0, count: 0, renew: 0, watch: 0 },
	};
	/** From etcd's read to its answer, the longest so far. */
	slowestReadMs = 0;
	paused = false;
	pausedSinceMs = 0;
	stopAskedMs: number | null = null;
	stopped: { readonly clean: boolean; readonly atMs: number } | null = null;
	/** Another process held a key that it must have: it ends by itself. */
	hasConflict = false;
	apiCalls = 0;
	/** Calls that etcd refused for permission. */
	denials = 0;
	/** How often a key was refused in a call of its own. */
	readonly refusals = new Map<string, number>();
	/** When etcd last answered a read or a write. */
	answeredMs = Number.NEGATIVE_INFINITY;
	/** Leases that were asked for, and of which it does not know whether they were granted. */
	readonly asked = new Set<string>();
	#readAtMs = 0;

	constructor(
		readonly name: string,
		readonly scenario: Scenario,
		readonly process: ProcessScenario,
		readonly parts: LifeParts,
	) {
		const { time, random, server, link } = parts;
		this.startedMs = time.now();
		const { maxTxnOps, maxRequestBytes, ttlSeconds } = scenario;
		const limits = { operations: maxTxnOps, requestBytes: maxRequestBytes };
		const session = new MemorySession(server.etcd, scenario.manner, limits);
		this.store = new SimulatedStore(this, link, server, session, scenario, this);
		for (let key = process.from; key < process.to; key += 1) this.#expect(key, addrOf(key), 0);
		const services = [...this.services.values()].map(({ config }) => config);
		this.registrar = new PollingRegistrar({
			...{ store: this.store, clock: time, random: random.next, logger: silent, services, ttlSeconds },
			schedule: new SimulatedSchedule(),
			callTimeoutMs: scenario.callTimeoutMs,
			stopTimeoutMs: scenario.stopTimeoutMs,
			onConflict: process.policy,
			hints: process.hints,
			namespace: undefined,
			resolve: async ({ addr }) => addr,
			createCheck: () => ({ check: () => Promise.resolve() }),
			createLoadReader: () => () => Promise.reject(new Error('no load here')),
		});
		for (const event of EVENTS) this.registrar.on(event, (detail) => this.#told(event, detail));
	}

	/** Takes part: neither killed nor stopped nor about to stop. */
	get isAlive(): boolean {
		return !this.dead && this.stopAskedMs === null && !this.hasConflict;
	}

	get intervalMs(): number {
		return this.registrar.status().intervalMs;
	}

	/** The longest that one of its passes may take. */
	get passMs(): number {
		const intervalMs = Math.max(2, this.scenario.ttlSeconds) * 1_000;
		return Math.min(Math.max(intervalMs, 3 * this.scenario.callTimeoutMs), 2.5 * intervalMs);
	}

	/** `null` = nothing. */
	desired(key: string): string | null {
		return this.paused ? null : (this.wanted.get(key)?.value ?? null);
	}

	isDenied(key: string): boolean {
		return this.store.session.denied.has(key);
	}

	start(): void {
		this.#api('start', () => this.registrar.start());
	}

	kill(): void {
		this.parts.trace.add(this.name, 'KILLED');
		this.dead = true;
		this.store.cut();
	}

	stop(): void {
		if (this.dead || this.stopAskedMs !== null) return;
		this.stopAskedMs = this.parts.time.now();
		this.#api('stop', () => this.registrar.stop());
	}

	setPaused(paused: boolean): void {
		if (!this.isAlive || this.paused === paused) return;
		this.paused = paused;
		this.pausedSinceMs = this.parts.time.now();
		this.#api(paused ? 'pause' : 'resume', () => (paused ? this.registrar.pause() : this.registrar.resume()));
	}

	reconcile(): void {
		this.#api('reconcile', () => this.registrar.reconcile());
	}

	add(key: number): void {
		if (!this.isAlive || this.services.has(key)) return;
		const options = optionsOf(key, addrOf(key), this.process.word, 0);
		this.#expect(key, addrOf(key), 0);
		this.#api(`add ${options.addr}`, () => this.registrar.add(options));
	}

	remove(key: number): void {
		const service = this.services.get(key);
		if (!this.isAlive || service === undefined) return;
		this.services.delete(key);
		const [was] = this.#entries(service.config);
		if (was !== undefined) this.wanted.delete(was.key);
		if (was !== undefined) this.leaving.set(was.key, was.value);
		if (was !== undefined) this.had.delete(was.key);
		this.#api(`remove ${service.addr}`, () => this.registrar.remove(service.config.name, service.addr));
	}

	/** Changes what it tells of the service; `moves`: also its address, and with it the key. */
	update(key: number, moves: boolean): void {
		const service = this.services.get(key);
		if (!this.isAlive || service === undefined) return;
		const [was] = this.#entries(service.config);
		const version = service.version + 1;
		const addr = moves ? `${addrOf(key).split(':')[0]}:${80 + version}` : service.addr;
		if (moves && was !== undefined) {
			this.wanted.delete(was.key);
			this.leaving.set(was.key, was.value);
		}
		const { metadata } = optionsOf(key, addr, this.process.word, version);
		this.#expect(key, addr, version);
		const [is] = this.#entries(configOf(key, addr, this.process.word, version));
		if (moves && was !== undefined && is !== undefined) this.successors.set(was.key, is.key);
		const { name } = service.config;
		this.#api(`update ${service.addr} to ${addr}`, () =>
			this.registrar.update(name, service.addr, { addr, metadata }),
		);
	}

	called(call: Call, what: string): void {
		this.calls[call] += 1;
		this.parts.trace.add(this.name, `${call} ${what}`);
		if (call !== 'grant') return;
		this.asked.add(what);
		this.parts.witness.asking(this);
	}

	carriedOut<T>(call: Call, what: string, carryOut: () => T): T {
		const { trace, witness, time } = this.parts;
		if (call === 'read') this.#readAtMs = time.now();
		try {
			const result = witness.acts(this, call, carryOut);
			trace.add('etcd', `${this.name} ${call} ${what}: ${result === false ? 'a guard failed' : 'done'}`);
			return result;
		} catch (error) {
			trace.add('etcd', `${this.name} ${call} ${what}: ${(error as Error).message}`);
			if ((error as StoreError).code === 'permission-denied') this.denials += 1;
			throw error;
		}
	}

	answered(call: Call, what: string, error: unknown): void {
		const { trace, time } = this.parts;
		const mayBeDone = error !== null && MAYBE_DONE.has((error as StoreError).code);
		if (call === 'grant' && !mayBeDone) this.asked.delete(what);
		if ((call === 'read' || call === 'write') && error === null) this.answeredMs = time.now();
		if (call === 'read' && error === null)
			this.slowestReadMs = Math.max(this.slowestReadMs, time.now() - this.#readAtMs);
		trace.add(this.name, `  ${error === null ? 'answer' : (error as Error).message}: ${call} ${what}`);
	}

	refusedAlone(key: string): void {
		this.refusals.set(key, (this.refusals.get(key) ?? 0) + 1);
	}

	writing(writes: readonly Write[]): void {
		this.parts.witness.writing(this, writes);
	}

	granted(lease: LeaseId): void {
		this.leases.add(lease);
		this.parts.witness.granted(this, lease);
	}

	renewing(lease: LeaseId): void {
		this.parts.witness.beforeRenewal(lease);
	}

	renewed(lease: LeaseId, ttlSeconds: number): void {
		this.parts.witness.renewed(lease, ttlSeconds);
	}

	#told(event: RegistrarEvent, detail: object): void {
		const key = 'key' in detail ? String(detail.key) : '';
		this.parts.trace.add(this.name, `» ${event} ${key}`);
		if (event === 'registered' || event === 'repaired') this.had.add(key);
		if (event === 'withdrawn') this.leaving.delete(key);
		if (event === 'stopped') {
			this.stopped = { clean: 'clean' in detail && detail.clean === true, atMs: this.parts.time.now() };
			this.parts.witness.ended(this, this.stopped.clean);
		}
		if (event === 'conflict' && 'lease' in detail && 'fatal' in detail) {
			if (detail.fatal === true) {
				this.hasConflict = true;
				this.stopAskedMs ??= this.parts.time.now();
			}
			this.parts.witness.conflict(this, key, String(detail.lease), detail.fatal === true);
		}
	}

	/** The application's call: none may throw or reject. */
	#api(what: string, call: () => Promise<void>): void {
		const { time, trace, witness } = this.parts;
		trace.add(this.name, `API ${what}`);
		this.apiCalls += 1;
		const failed = (error: unknown) =>
			witness.broken('no call of the API fails', `${what}: ${String(error)}`);
		time.as(this, () => {
			try {
				call().catch(failed);
			} catch (error) {
				failed(error);
			}
		});
	}

	#expect(key: number, addr: string, version: number): void {
		const config = configOf(key, addr, this.process.word, version);
		this.services.set(key, { config, addr, version });
		for (const entry of this.#entries(config)) {
			this.wanted.set(entry.key, { value: entry.value, sinceMs: this.parts.time.now() });
			this.leaving.delete(entry.key);
		}
	}

	#entries(config: ServiceConfig) {
		return entriesOf(config, config.addr, { ttlSeconds: this.scenario.ttlSeconds });
	}
}

export const addrOf = (key: number): string => `10.0.${key >> 8}.${key & 255}:80`;
export const keyOf = (key: number): string => `/ns/s${key % 7}/${addrOf(key)}`;

const optionsOf = (key: number, addr: string, word: string, version: number) => ({
	...{ name: `s${key % 7}`, addr, formats: ['json' as const] },
	metadata: { word, version: String(version) },
});

/** Parsing thousands of services anew for each seed would be most of the work. */
const configs = new Map<string, ServiceConfig>();
function configOf(key: number, addr: string, word: string, version: number): ServiceConfig {
	const name = `${key} ${addr} ${word} ${version}`;
	const config = configs.get(name) ?? parseService(optionsOf(key, addr, word, version), undefined);
	configs.set(name, config);
	return config;
}
