/**
 * Keeps the current lease alive: one drained stream, a request each third of the TTL. It never dials on its own account: a stream
 * without an answer is reported, the pass finds a connection that answers, and a second stream is tried there beside the silent one,
 * which is closed only when the second one answers: on a slow link a reconnect must not cost the lease.
 */
import { StoreError } from '../../core/errors.js';
import type { LeaseId } from '../../core/registration.js';
import type { Lease } from '../pass/leases.js';
import type { KeepaliveStream, Store } from '../ports.js';

export interface KeepaliveReports {
	renewed(): void;
	/** etcd says that the lease is gone. */
	lost(lease: LeaseId): void;
	/** etcd refuses to renew the lease (3.5: it holds a key that we may no longer write). */
	denied(lease: LeaseId): void;
	/** No answer, or the stream broke. */
	trouble(): void;
}

interface Strand {
	stream: KeepaliveStream | null;
	/** Requests since the last answer. */
	unanswered: number;
}

export class Keepalive {
	#lease: Lease | null = null;
	/** The stream that answered last. */
	#main: Strand | null = null;
	/** The one tried beside it. */
	#second: Strand | null = null;
	#beat: ReturnType<typeof setTimeout> | undefined;

	constructor(
		private readonly store: Store,
		private readonly reports: KeepaliveReports,
	) {}

	/** After a good pass: follows its lease, and opens a stream where there is none that answers on the connection that did. */
	refresh(lease: Lease | null): void {
		const isNew = lease?.id !== this.#lease?.id;
		this.#lease = lease;
		if (lease === null) return this.stop();
		if (this.#main === null) this.#main = this.#open();
		else if (this.#second === null ? this.#needsSecond(this.#main) : this.#needsSecond(this.#second)) {
			this.#close(this.#second);
			this.#second = this.#open();
		}
		if (!isNew) return;
		// The requests for the former lease had less than a third of the TTL to be answered in.
		for (const strand of [this.#main, this.#second]) if (strand !== null) strand.unanswered = 0;
		this.#ask();
	}

	stop(): void {
		clearTimeout(this.#beat);
		this.#close(this.#main);
		this.#close(this.#second);
		this.#lease = this.#main = this.#second = null;
	}

	#needsSecond({ stream, unanswered }: Strand): boolean {
		return stream !== null && (unanswered > 1 || !this.store.isCurrent(stream));
	}

	#open(): Strand {
		const strand: Strand = { stream: null, unanswered: 0 };
		const isOurs = () => strand === this.#main || strand === this.#second;
		this.store
			.openKeepalive({
				answered: (lease, ttlSeconds) => isOurs() && this.#answered(strand, lease, ttlSeconds),
				ended: (error) => isOurs() && this.#ended(strand, error),
			})
			.then(
				(stream) => {
					if (!isOurs()) return stream.close();
					strand.stream = stream;
					this.#request(strand);
				},
				(error: unknown) => isOurs() && this.#ended(strand, error),
			);
		return strand;
	}

	#ask(): void {
		if (this.#lease === null) return;
		clearTimeout(this.#beat);
		const everyMs = (this.#lease.ttlSeconds * 1_000) / 3;
		this.#beat = setTimeout(() => this.#ask(), everyMs);
		for (const strand of [this.#main, this.#second]) if (strand !== null) this.#request(strand);
		if ((this.#main?.unanswered ?? 0) > 1) this.reports.trouble();
	}

	#request(strand: Strand): void {
		if (strand.stream === null || this.#lease === null) return;
		strand.unanswered += 1;
		strand.stream.request(this.#lease.id);
	}

	#answered(strand: Strand, lease: LeaseId, ttlSeconds: number): void {
		strand.unanswered = 0;
		if (strand === this.#second) {
			this.#close(this.#main);
			this.#main = strand;
			this.#second = null;
		}
		if (lease !== this.#lease?.id) return;
		if (ttlSeconds > 0) return this.reports.renewed();
		this.#lease = null;
		clearTimeout(this.#beat);
		this.reports.lost(lease);
	}

	#ended(strand: Strand, error: unknown): void {
		if (strand === this.#main) {
			this.#main = this.#second;
			this.#second = null;
		} else this.#second = null;
		if (error instanceof StoreError && error.code === 'permission-denied' && this.#lease !== null)
			this.reports.denied(this.#lease.id);
		this.reports.trouble();
	}

	#close(strand: Strand | null): void {
		strand?.stream?.close();
	}
}
