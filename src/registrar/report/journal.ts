/**
 * Tells the story of the passes: to listeners each fact as it happens, to the log once per change of state.
 */
import type { Refusal } from '../../core/batches.js';
import { ConfigError, StoreError } from '../../core/errors.js';
import { leaseHex } from '../../core/lease-id.js';
import type { LeaseId } from '../../core/registration.js';
import type { Fact } from '../pass/facts.js';
import type { Clock, Logger } from '../ports.js';
import type { ChangeLog } from './change-log.js';
import type { Counting } from './counters.js';
import type { Emitter } from './emitter.js';
import { Lines } from './lines.js';

/** During an outage: told again after so many minutes, then each hour. */
const REMIND_MINUTES = [1, 10, 60] as const;

export interface JournalParts {
	readonly logger: Logger;
	readonly emitter: Emitter;
	readonly counting: Counting;
	readonly clock: Clock;
	/** Where etcd is, for whoever reads of an outage at night. */
	readonly where?: Readonly<Record<string, unknown>> | undefined;
	/** `null` = nobody asks for the recent changes. */
	readonly changes?: ChangeLog | null;
}

export class Journal {
	#downSinceMs: number | null = null;
	#attempts = 0;
	#reminders = 0;
	/** Kinds of errors already logged in this outage. */
	readonly #reasons = new Set<string>();
	readonly #lines: Lines;

	constructor(private readonly parts: JournalParts) {
		this.#lines = new Lines(parts.logger, parts.clock);
	}

	tell(fact: Fact): void {
		switch (fact.fact) {
			case 'registered':
				this.#lines.say('info', 'registered', on(fact));
				return this.parts.emitter.emit('registered', { key: fact.key, lease: fact.lease });
			case 'repaired':
				this.parts.counting.repair(fact.reason);
				this.parts.changes?.repaired(fact.key, fact.reason);
				this.#lines.say('warn', 'put right', { ...on(fact), reason: fact.reason });
				return this.parts.emitter.emit('repaired', { key: fact.key, reason: fact.reason, lease: fact.lease });
			case 'withdrawn':
				this.#lines.say('info', 'withdrawn', { key: fact.key });
				return this.parts.emitter.emit('withdrawn', { key: fact.key });
			case 'standing by':
				this.parts.counting.conflict();
				this.#lines.say(
					'warn',
					'another process holds the key: standing by until its lease is gone',
					on(fact),
				);
				return this.parts.emitter.emit('conflict', { key: fact.key, lease: fact.lease, fatal: false });
			case 'conflict':
				if (fact.isNews) this.parts.counting.conflict();
				this.#lines.say(
					'error',
					'another live process holds the key, and the conflict policy is fail',
					on(fact),
				);
				return this.parts.emitter.emit('conflict', { key: fact.key, lease: fact.lease, fatal: true });
			case 'denied':
				return this.#lines.say('warn', REFUSED[fact.why], { key: fact.key });
			case 'history changed':
				this.parts.changes?.replaced();
				return this.#lines.say('warn', 'etcd was wiped, restored or replaced: beginning anew', {});
		}
	}

	passed(): void {
		this.parts.changes?.passed();
		if (this.#downSinceMs === null) return;
		const downMs = Math.round(this.parts.clock.now() - this.#downSinceMs);
		this.#lines.say('info', 'etcd answers again', { downMs, attempts: this.#attempts });
		const attempts = this.#attempts;
		this.#downSinceMs = null;
		this.#reasons.clear();
		this.#attempts = this.#reminders = 0;
		this.parts.emitter.emit('recovered', { downMs, attempts });
	}

	/** `beganMs`: when that pass began, since etcd was away by then at the latest. */
	failed(error: Error, beganMs: number): void {
		this.#attempts += 1;
		this.parts.changes?.failed(error, beganMs);
		// Neither etcd nor the configuration can mend it: told with its stack, so that it can be reported.
		if (!(error instanceof StoreError || error instanceof ConfigError))
			this.#lines.say('error', 'a pass failed by a fault of the registrar itself', { error });
		const isNews = !this.#reasons.has(kindOf(error));
		this.#reasons.add(kindOf(error));
		if (isNews && error instanceof StoreError && error.code === 'not-etcd') {
			const fields = { reason: error.message, ...this.parts.where };
			this.#lines.say('error', 'what answers is no etcd that can hold a registration', fields);
		}
		if (this.#downSinceMs === null) {
			this.#downSinceMs = beganMs;
			this.#lines.say('warn', 'a pass failed: trying again until one succeeds', {
				reason: error.message,
				...this.parts.where,
			});
			return this.parts.emitter.emit('degraded', { error });
		}
		const downMs = this.parts.clock.now() - this.#downSinceMs;
		if (!isNews && downMs < remindAfterMs(this.#reminders)) return;
		if (!isNews) this.#reminders += 1;
		this.#lines.say('warn', 'every pass still fails', {
			reason: error.message,
			downMs: Math.round(downMs),
			attempts: this.#attempts,
		});
	}

	/** The last line. `clean` = etcd confirmed that nothing is left. */
	stopped(
		clean: boolean,
		{ hadKeys, ttlSeconds }: { readonly hadKeys: boolean; readonly ttlSeconds: number },
	): void {
		this.#lines.end();
		if (clean) this.parts.logger.info(hadKeys ? 'deregistered' : 'stopped: nothing was registered');
		else
			this.parts.logger.warn(
				'etcd did not confirm the deregistration: the keys go when their lease runs out',
				{
					ttlSeconds,
				},
			);
	}

	/** At the end of a pass. */
	flush(): void {
		this.parts.changes?.close();
		this.#lines.write();
	}
}

/** Connection errors differ in wording, but all of them mean that etcd cannot be reached. */
const AWAY: ReadonlySet<string> = new Set(['unreachable', 'unavailable', 'timeout']);
const kindOf = (error: Error): string => {
	const code = error instanceof StoreError ? error.code : error.name;
	return AWAY.has(code) ? 'away' : code;
};

/** People match leases with what etcdctl prints. */
const on = ({ key, lease }: { readonly key: string; readonly lease: LeaseId }) => ({
	key,
	lease: leaseHex(lease),
});

const REFUSED: Readonly<Record<Refusal, string>> = {
	'permission-denied': 'etcd denies this user the key: it is left out and tried again each interval',
	'too-large': 'the value is larger than this etcd takes: the key is left out and tried again each interval',
};

function remindAfterMs(reminders: number): number {
	const [first, second, hour] = REMIND_MINUTES;
	const minutes = [first, second][reminders] ?? hour * (reminders - 1);
	return minutes * 60_000;
}
