/**
 * Keeps the leases of this process alive: one drained stream, a request for each lease each third of the TTL.
 * It never dials by itself: a stream without an answer is reported, the pass finds a connection that answers,
 * and a second stream is tried there beside the silent one, which is closed only when the second one answers:
 * on a slow link a reconnect must not cost the leases.
 */
import { StoreError } from '../../core/errors.js';
import type { LeaseId } from '../../core/registration.js';
import type { Lease } from '../pass/leases.js';
import type { KeepaliveStream, Store } from '../ports.js';

export interface KeepaliveReports {
	renewed(lease: LeaseId, ttlSeconds: number): void;
	/** etcd says that the lease is gone. */
	lost(lease: LeaseId): void;
	/** etcd refuses to renew the lease (3.5: it holds a key that this user may no longer write). */
	denied(lease: LeaseId): void;
	/** No answer, or the stream broke. */
	trouble(): void;
}

interface Attempt {
	stream: KeepaliveStream | null;
	/** Rounds of requests since the last answer. */
	unanswered: number;
	/** Asked for and not answered, in the order in which etcd takes them. */
	readonly pending: Set<LeaseId>;
}

export class Keepalive {
	#leases: readonly Lease[] = [];
	/** The stream that answered last. */
	#main: Attempt | null = null;
	/** The one tried beside it. */
	#second: Attempt | null = null;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#isStopped = false;

	constructor(
		private readonly store: Store,
		private readonly reports: KeepaliveReports,
	) {}

	/**
	 * Follows these leases from now on, and opens a stream where there is none that answers on the connection
	 * that did.
	 */
	refresh(leases: readonly Lease[]): void {
		if (this.#isStopped) return;
		const known = new Set(this.#leases.map(({ id }) => id));
		const fresh = leases.filter(({ id }) => !known.has(id));
		const isFirst = known.size === 0;
		this.#leases = leases;
		if (leases.length === 0) return this.#close();
		if (this.#main === null) this.#main = this.#open();
		else if (this.#needsSecond(this.#second ?? this.#main)) {
			close(this.#second);
			this.#second = this.#open();
		}
		if (fresh.length === 0) return;
		// What was asked for before had less than a third of the TTL to be answered in.
		for (const attempt of this.#attempts()) attempt.unanswered = 0;
		if (isFirst) this.#ask();
		else for (const attempt of this.#attempts()) this.#request(attempt, fresh);
	}

	/** For good. Idempotent. */
	stop(): void {
		this.#isStopped = true;
		this.#close();
	}

	#close(): void {
		clearTimeout(this.#timer);
		for (const attempt of this.#attempts()) close(attempt);
		this.#main = this.#second = null;
		this.#leases = [];
	}

	#attempts(): readonly Attempt[] {
		return [this.#main, this.#second].filter((attempt) => attempt !== null);
	}

	#needsSecond({ stream, unanswered }: Attempt): boolean {
		return stream !== null && (unanswered > 1 || !this.store.isCurrent(stream));
	}

	#open(): Attempt {
		const attempt: Attempt = { stream: null, unanswered: 0, pending: new Set() };
		const isUsed = () => attempt === this.#main || attempt === this.#second;
		this.store
			.openKeepalive({
				answered: (lease, ttlSeconds) => isUsed() && this.#answered(attempt, lease, ttlSeconds),
				ended: (error) => isUsed() && this.#ended(attempt, error),
			})
			.then(
				(stream) => {
					if (!isUsed()) return stream.close();
					attempt.stream = stream;
					this.#request(attempt, this.#leases);
				},
				(error: unknown) => isUsed() && this.#ended(attempt, error),
			);
		return attempt;
	}

	#ask(): void {
		clearTimeout(this.#timer);
		if (this.#leases.length === 0) return;
		const ttlSeconds = Math.min(...this.#leases.map((lease) => lease.ttlSeconds));
		this.#timer = setTimeout(() => this.#ask(), (ttlSeconds * 1_000) / 3);
		for (const attempt of this.#attempts()) this.#request(attempt, this.#leases);
		if ((this.#main?.unanswered ?? 0) > 1) this.reports.trouble();
	}

	#request(attempt: Attempt, leases: readonly Lease[]): void {
		if (attempt.stream === null || leases.length === 0) return;
		attempt.unanswered += 1;
		for (const { id } of leases) {
			attempt.pending.add(id);
			attempt.stream.request(id);
		}
	}

	#answered(attempt: Attempt, lease: LeaseId, ttlSeconds: number): void {
		attempt.unanswered = 0;
		attempt.pending.delete(lease);
		if (attempt === this.#second) {
			close(this.#main);
			this.#main = attempt;
			this.#second = null;
		}
		if (!this.#leases.some(({ id }) => id === lease)) return;
		if (ttlSeconds > 0) return this.reports.renewed(lease, ttlSeconds);
		this.#leases = this.#leases.filter(({ id }) => id !== lease);
		this.reports.lost(lease);
	}

	#ended(attempt: Attempt, error: unknown): void {
		if (attempt === this.#main) {
			this.#main = this.#second;
			this.#second = null;
		} else this.#second = null;
		const isDenied = error instanceof StoreError && error.code === 'permission-denied';
		// etcd takes the requests in turn, so the first one without an answer is the one that it refused.
		const [denied] = attempt.pending;
		if (isDenied && denied !== undefined) this.reports.denied(denied);
		this.reports.trouble();
	}
}

const close = (attempt: Attempt | null): void => attempt?.stream?.close();
