import type { ConflictPolicy, Desired } from '../../../src/core/registration.js';
import type { Fact } from '../../../src/registrar/pass/facts.js';
import { Leases } from '../../../src/registrar/pass/leases.js';
import { Pass } from '../../../src/registrar/pass/pass.js';
import { MemoryEtcd } from './memory-etcd.js';
import { MemoryStore, type MemoryStoreOptions } from './memory-store.js';

/** Time that only a test moves. */
export class ManualClock {
	#ms = 1_000_000;
	now(): number {
		return this.#ms;
	}
	advance(ms: number): void {
		this.#ms += ms;
	}
}

export interface ReconcilingOptions extends MemoryStoreOptions {
	readonly policy?: ConflictPolicy;
	readonly ttlSeconds?: number;
}

/** One process's reconciler on a store of its own, all that it told, and passes by hand. */
export class Reconciling {
	readonly store: MemoryStore;
	readonly leases: Leases;
	readonly run: Pass;
	readonly #facts: Fact[] = [];

	constructor(
		readonly etcd: MemoryEtcd,
		{ policy = 'take-over', ttlSeconds = 9, ...options }: ReconcilingOptions = {},
	) {
		this.store = new MemoryStore(etcd, options);
		this.leases = new Leases(this.store, ttlSeconds, Math.random);
		this.run = new Pass({
			store: this.store,
			leases: this.leases,
			policy,
			clock: etcd.clock,
			report: (fact) => this.#facts.push(fact),
		});
	}

	/** A pass that wants these values; `null` = absence. Resolves to what it told. */
	async pass(wanted: Readonly<Record<string, Desired>>, retryRefused = true): Promise<readonly Fact[]> {
		const asked = new Map(Object.entries(wanted));
		await this.run.run(() => asked, { retryRefused });
		return this.told();
	}

	/** What was told since this was last asked. */
	told(): readonly Fact[] {
		return this.#facts.splice(0);
	}

	/** The current lease; a test that asks knows that there is one. */
	get lease(): string {
		const [current] = this.leases.current;
		if (current === undefined) throw new Error('there is no current lease');
		return current.id;
	}

	/** What the keepalive does at every tick. */
	renew(): void {
		for (const { id } of this.leases.renewed) this.etcd.renew(id);
	}
}

/** A clock, an etcd, and as many processes on it as the test starts. */
export function aStage() {
	const clock = new ManualClock();
	const etcd = new MemoryEtcd(clock);
	return { clock, etcd, start: (options?: ReconcilingOptions) => new Reconciling(etcd, options) };
}

/** Facts in one line each: `registered a`, `repaired a absent`. */
export const lines = (facts: readonly Fact[]): string[] =>
	facts.map((fact) =>
		[fact.fact, 'key' in fact ? fact.key : '', 'reason' in fact ? fact.reason : ''].join(' ').trim(),
	);
