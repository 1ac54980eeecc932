/** What must hold at every step, judged where it shows: at etcd, at each call, at each event that is told. */
import type { LeaseId } from '../../src/core/registration.js';
import type { Write } from '../../src/registrar/ports.js';
import type { Kv } from '../support/memory/memory-etcd.js';
import { leasesFor } from './convergence.js';
import type { Life, LifeWitness } from './life.js';
import type { SimulatedEtcd } from './server.js';
import { type Call, short } from './store.js';
import type { SimulatedTime } from './time.js';
import type { Trace } from './trace.js';

export interface Violation {
	readonly invariant: string;
	readonly detail: string;
	readonly atMs: number;
}

interface LeaseRecord {
	/** The process that granted it; `null` = a hostile one. */
	readonly life: Life | null;
	/** The last moment at which it counted as expired: what was seen then may still be acted upon. */
	lastDeadMs: number;
	renewedMs: number;
}

export class Judge implements LifeWitness {
	violation: Violation | null = null;
	readonly leases = new Map<LeaseId, LeaseRecord>();
	/** When a key last changed in etcd. */
	readonly changedMs = new Map<string, number>();
	/** Changes of keys by registrars. */
	ownChanges = 0;
	/** Keys that may not be missing now. */
	mustStay: ReadonlySet<string> = new Set();
	#acting: { readonly life: Life; readonly call: Call } | 'hostile' | null = null;
	/** History went back, or data was lost. */
	#historyMs = Number.NEGATIVE_INFINITY;

	constructor(
		private readonly time: SimulatedTime,
		private readonly server: SimulatedEtcd,
		private readonly trace: Trace,
	) {
		server.etcd.witness = (key, before, after) => this.#changed(key, before, after);
	}

	broken(invariant: string, detail: string): void {
		if (this.violation !== null) return;
		this.violation = { invariant, detail, atMs: this.time.now() };
		this.trace.add('JUDGE', `${invariant}: ${detail}`);
	}

	acts<T>(life: Life, call: Call, carryOut: () => T): T {
		// What ends by itself in this moment is nobody's doing.
		this.server.etcd.expire();
		this.#acting = { life, call };
		try {
			return carryOut();
		} finally {
			this.#acting = null;
		}
	}

	hostile(what: string, act: () => void): void {
		this.trace.add('hostile', what);
		this.server.etcd.expire();
		this.#acting = 'hostile';
		act();
		this.#acting = null;
	}

	/** Data were lost, or older ones came back. */
	history(): void {
		this.#historyMs = this.time.now();
		this.extended();
		for (const lease of this.leases.values()) lease.lastDeadMs = this.time.now();
	}

	/** Before each renewal: whether it counted as expired until now. */
	beforeRenewal(lease: LeaseId): void {
		const record = this.leases.get(lease);
		if (record !== undefined && this.#isDead(lease)) record.lastDeadMs = this.time.now();
	}

	/** Before every lease lives its whole time once more. */
	extended(): void {
		for (const lease of this.leases.keys()) this.beforeRenewal(lease);
	}

	writing(life: Life, writes: readonly Write[]): void {
		for (const write of writes) {
			if (write.op !== 'put') continue;
			if (life.stopAskedMs !== null)
				return this.broken('nothing is put after a stop began', `${life.name} puts ${write.key}`);
			if (write.lease === '0')
				return this.broken('nothing is put without a lease', `${life.name}: ${write.key}`);
			const isWanted = life.desired(write.key) === write.value;
			if (!isWanted && (life.paused || life.leaving.get(write.key) !== write.value))
				return this.broken('only what is wanted is put', `${life.name} puts ${write.key} = ${write.value}`);
		}
	}

	asking(life: Life): void {
		const most = leasesFor(life.wanted.size + life.leaving.size);
		if (life.asked.size > Math.max(1, most))
			this.broken(
				'a grant without an answer is repeated under its ID',
				`${life.name} asked for ${[...life.asked].join(', ')}`,
			);
	}

	granted(life: Life | null, lease: LeaseId): void {
		const nowMs = this.time.now();
		if (!this.leases.has(lease)) this.leases.set(lease, { life, lastDeadMs: nowMs, renewedMs: -1 });
		if (life !== null && life.stopped !== null)
			this.trace.add('JUDGE', `${life.name}: a grant of before its end was carried out late`);
	}

	renewed(lease: LeaseId, ttlSeconds: number): void {
		const record = this.leases.get(lease);
		if (record !== undefined && ttlSeconds > 0) record.renewedMs = this.time.now();
	}

	conflict(life: Life, key: string, lease: LeaseId, fatal: boolean): void {
		if (!fatal) return;
		if (life.process.policy !== 'fail') return this.broken('only `fail` ends', `${life.name}: ${key}`);
		if (life.had.has(key))
			return this.broken('who had a key stands by', `${life.name} ends because of ${key}`);
		// A restore of what has not changed since, in the same raft term, leaves no trace but longer leases.
		if (this.time.now() - this.#historyMs <= 2 * life.passMs) return;
		if ((this.leases.get(lease)?.renewedMs ?? -1) < life.startedMs)
			this.broken(
				'`fail` ends only where the other lease is renewed',
				`${life.name} ends because of ${key} under ${short(lease)}, which nobody renewed since it started`,
			);
	}

	/** After its `stopped`. */
	ended(life: Life, clean: boolean): void {
		const { etcd } = this.server;
		const left = etcd.leases.filter((lease) => life.leases.has(lease));
		if (clean && left.length > 0 && this.time.now() - this.#historyMs > 2 * life.passMs)
			this.broken('a clean stop leaves nothing', `${life.name} left ${left.map(short).join(', ')}`);
		const { stopTimeoutMs, callTimeoutMs } = life.scenario;
		const rttMs = life.parts.link.worstRttMs(this.time.now() - stopTimeoutMs - callTimeoutMs);
		const isCalm =
			life.parts.link.isCalmFor(2 * stopTimeoutMs) &&
			this.server.isCalmFor(2 * stopTimeoutMs) &&
			this.time.now() > life.stalledUntilMs + 2 * stopTimeoutMs;
		const isDenied = life.store.session.denied.size > 0;
		if (!clean && isCalm && !isDenied && 12 * rttMs < stopTimeoutMs - callTimeoutMs)
			this.broken(
				'a stop on a link that is merely slow is clean',
				`${life.name} left ${left.map(short).join(', ')}`,
			);
		this.time.after(0, () => {
			if (life.timers > 0 && !life.dead)
				this.broken(
					'nothing runs after a stop',
					`${life.name} has ${life.timers} timers, ${life.store.openStreams} streams`,
				);
		});
	}

	#changed(key: string, before: Kv | null, after: Kv | null): void {
		if (after === null && this.mustStay.has(key)) this.broken('a rolling replace leaves no gap', key);
		this.changedMs.set(key, this.time.now());
		const acting = this.#acting;
		if (acting === 'hostile') return;
		if (acting === null) return this.#happened(key, before, after);
		const { life, call } = acting;
		this.ownChanges += 1;
		if (before !== null && (before.lease === null || !life.leases.has(before.lease)))
			this.#touchesForeign(life, key, before, after);
		if (after !== null && (after.lease === null || !life.leases.has(after.lease)))
			this.broken('nothing is put without a lease of one’s own', `${life.name}: ${key}`);
		if (after === null && call === 'write') this.#leaves(life, key);
		const isWanted = life.isAlive && life.desired(key) !== null;
		if (call === 'revoke' && isWanted && this.time.now() - this.#historyMs > 2 * life.passMs)
			this.broken('no lease is revoked that holds a wanted key', `${life.name}: ${key}`);
	}

	/** A service that moves is absent at no moment. */
	#leaves(life: Life, key: string): void {
		const next = life.successors.get(key);
		if (next === undefined || life.paused || !life.isAlive || life.desired(next) === null) return;
		const lease = this.server.etcd.get(next)?.lease;
		const stands = lease != null && life.leases.has(lease);
		if (!stands && !life.had.has(next) && !life.isDenied(next))
			this.broken(
				'a service that moves is absent at no moment',
				`${life.name}: ${key} went before ${next} stood`,
			);
	}

	#touchesForeign(life: Life, key: string, before: Kv, after: Kv | null): void {
		const { lease } = before;
		if (after === null)
			return this.broken(
				'what is another’s is never deleted',
				`${life.name}: ${key} under ${lease ?? 'no lease'}`,
			);
		if (lease === null) return;
		const { policy } = life.process;
		if (policy === 'take-over' && !life.had.has(key)) return;
		const record = this.leases.get(lease);
		const windowMs = 2 * life.passMs + 5_000;
		if (this.#isDead(lease) || this.time.now() - (record?.lastDeadMs ?? 0) <= windowMs) return;
		this.broken(
			'a key of a living owner is left alone',
			`${life.name} (${policy}) takes ${key} from ${record?.life?.name ?? 'a foreign process'} (${short(lease)})`,
		);
	}

	/** Nobody's doing: a lease ended, or history changed. */
	#happened(key: string, before: Kv | null, after: Kv | null): void {
		if (after !== null || before === null || before.lease === null) return;
		const life = this.leases.get(before.lease)?.life;
		this.trace.add('etcd', `${key} goes with ${short(before.lease)}${life ? ` of ${life.name}` : ''}`);
		if (life == null || !life.isAlive || life.desired(key) === null) return;
		const { link } = life.parts;
		const calmMs = 2 * life.passMs + 1_000 * Math.max(2, life.scenario.ttlSeconds);
		const isCalm =
			link.isCalmFor(calmMs) &&
			this.server.isCalmFor(calmMs) &&
			life.parts.time.now() > life.stalledUntilMs + calmMs;
		const rttMs = link.worstRttMs(this.time.now() - calmMs);
		const isDenied = life.store.session.denied.size > 0;
		if (isCalm && !isDenied && rttMs <= 350 * Math.max(2, life.scenario.ttlSeconds))
			this.broken(
				'a lease is kept on a link that is merely slow',
				`${life.name}: ${key} went with its lease`,
			);
	}

	/** Remaining + 1 s is at most a third of what was granted, or it is gone. */
	#isDead(lease: LeaseId): boolean {
		const ttl = this.server.etcd.timeToLive(lease);
		return ttl === null || ttl.remainingSeconds + 1 <= ttl.grantedSeconds / 3;
	}
}
