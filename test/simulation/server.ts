/**
 * etcd with its troubles: it restarts, loses data, goes back to a snapshot, changes its leader, stands still.
 */
import { StoreError } from '../../src/core/errors.js';
import type { LeaseId } from '../../src/core/registration.js';
import { MemoryEtcd } from '../support/memory/memory-etcd.js';
import type { Link } from './network.js';
import type { Random } from './random.js';
import type { SimulatedTime } from './time.js';

/** One request, in an etcd that has nothing else to do. */
const SERVICE_MS = 0.05;
/** With auth on, a put or a renewal checks each key that hangs on the lease. */
const CHECK_MS = 0.0016;

export class SimulatedEtcd {
	readonly etcd: MemoryEtcd;
	readonly links = new Set<Link>();
	/** Whether it checks permissions key by key (auth on, a user that is not root). */
	checksKeys = false;
	/** Told before every lease lives its whole time once more. */
	extending: () => void = () => {};
	/** Since then it has answered all that it was asked. */
	calmSinceMs = 0;
	#isUp = true;
	#leaderlessUntilMs = 0;
	#busyUntilMs = 0;
	/** While it is down, or without a leader, no lease ends. */
	#frozenAtMs: number | null = null;
	#frozenMs = 0;

	constructor(
		private readonly time: SimulatedTime,
		random: Random,
	) {
		this.etcd = new MemoryEtcd({ now: () => (this.#frozenAtMs ?? time.now()) - this.#frozenMs });
		// It searches for ended leases twice a second.
		this.etcd.lagMs = () => random.between(0, 500);
		this.etcd.term = 2;
	}

	get isUp(): boolean {
		return this.#isUp;
	}

	isCalmFor(ms: number): boolean {
		const nowMs = this.time.now();
		return this.#isUp && nowMs >= this.#leaderlessUntilMs && nowMs - this.calmSinceMs >= ms;
	}

	/** A request has arrived: carried out in its turn, or `gone` where there is nobody. */
	serve(weight: number, carryOut: () => void, gone: () => void): void {
		if (!this.#isUp) return gone();
		const nowMs = this.time.now();
		this.#busyUntilMs =
			Math.max(nowMs, this.#busyUntilMs) + SERVICE_MS + (this.checksKeys ? weight * CHECK_MS : 0);
		if (this.#busyUntilMs - nowMs <= 2 * SERVICE_MS) return carryOut();
		this.time.after(this.#busyUntilMs - nowMs, () => (this.#isUp ? carryOut() : gone()));
	}

	/** @throws StoreError while there is no leader */
	assertLeader(): void {
		if (this.time.now() < this.#leaderlessUntilMs)
			throw new StoreError('unavailable', 'etcdserver: no leader');
	}

	/** How many keys a put under this lease, or its renewal, makes it check. */
	weightOf(lease: LeaseId, puts = 1): number {
		return this.checksKeys ? puts * (this.etcd.sizeOf(lease) + puts / 2) : 0;
	}

	crash(): void {
		if (!this.#isUp) return;
		this.#isUp = false;
		this.#freeze();
		for (const link of this.links) link.reset();
	}

	/** `change` happens to its data before it serves again. */
	start(change: (etcd: MemoryEtcd) => void = () => {}): void {
		if (this.#isUp) return;
		this.#thaw();
		change(this.etcd);
		this.#extend();
		this.#isUp = true;
		this.calmSinceMs = this.time.now();
	}

	/** Another leader after so long without any. */
	elect(withoutMs: number): void {
		if (!this.#isUp || this.time.now() < this.#leaderlessUntilMs) return;
		this.#leaderlessUntilMs = this.time.now() + withoutMs;
		this.calmSinceMs = this.#leaderlessUntilMs;
		this.#freeze();
		this.time.after(withoutMs, () => {
			if (!this.#isUp) return;
			this.#thaw();
			this.#extend();
		});
	}

	/** It takes what comes and does nothing (a full disk, a stopped process). */
	stall(ms: number): void {
		this.#busyUntilMs = Math.max(this.#busyUntilMs, this.time.now() + ms);
		this.calmSinceMs = Math.max(this.calmSinceMs, this.#busyUntilMs);
	}

	#extend(): void {
		this.extending();
		this.etcd.extend();
	}

	#freeze(): void {
		this.#frozenAtMs ??= this.time.now();
	}

	#thaw(): void {
		if (this.#frozenAtMs !== null) this.#frozenMs += this.time.now() - this.#frozenAtMs;
		this.#frozenAtMs = null;
	}
}
