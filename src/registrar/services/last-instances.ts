/**
 * Takes a service whose check fails out of etcd, unless fewer of its instances would be left than are to be:
 * then it stays in, and the others are counted again and again until it may go or its check passes. Best
 * effort: the instances leave at random moments, each counts the others just before it goes and once more
 * after it, and comes back where too many went together.
 */
import { remember, type Seen, spreadMs, tooFew } from '../../core/decision/min-healthy.js';
import { StoreError } from '../../core/errors.js';
import { instancesPrefix } from '../../core/formats/index.js';
import type { CheckConfig } from '../../core/settings/values/check.js';
import { wait } from '../deadline.js';
import type { KeptStatus } from '../documents.js';
import type { Clock, Logger, Store } from '../ports.js';
import type { OwnService } from './service.js';

export interface LastInstancesParts {
	readonly store: Pick<Store, 'count'>;
	readonly clock: Clock;
	readonly random: () => number;
	readonly logger: Logger;
	/** Whether this process wrote the key and does not know it to be gone. */
	readonly mayStand: (key: string) => boolean;
	/** Told once each time that it begins to stay in. */
	readonly kept: (kept: KeptStatus) => void;
}

export interface Withdrawing {
	/** Whose check it is now. */
	readonly service: () => OwnService;
	/** Makes it healthy or not; resolves after the pass that carried it out, or could not. */
	readonly setHealthy: (healthy: boolean, reason: string) => Promise<void>;
	/** What the check said last. */
	readonly reason: () => string;
}

/** An observation of etcd: enough would be left, or too few; `unknown` = etcd did not answer. */
type Answer = 'enough' | 'unknown' | { readonly others: number; readonly needed: number };

const LEAST_WAIT_MS = 1_000;
const SAMPLE_EVERY_MS = 60_000;

export class LastInstances {
	/** By prefix: each format has readers of its own. */
	readonly #seen = new Map<string, readonly Seen[]>();
	#kept: Omit<KeptStatus, 'reason'> | null = null;
	#life: AbortController | null = null;
	#sampledMs = Number.NEGATIVE_INFINITY;
	#isDeniedTold = false;

	constructor(
		private readonly parts: LastInstancesParts,
		private readonly check: CheckConfig,
		private readonly withdrawing: Withdrawing,
	) {}

	/** Why it is still in; `null` = it is not, or its check passes. */
	get kept(): KeptStatus | null {
		return this.#kept && { ...this.#kept, reason: this.withdrawing.reason() };
	}

	/** The check fails. */
	begin(): void {
		this.#life = new AbortController();
		void this.#run(this.#life.signal);
	}

	/** The check passes again, or is over. */
	end(): void {
		this.#life?.abort();
		this.#life = null;
		this.#kept = null;
	}

	/** After a good pass: now and then counts the instances, where the least is a share of them. */
	async sample(): Promise<void> {
		if (this.check.minHealthy?.unit !== 'percent') return;
		if (this.parts.clock.now() - this.#sampledMs < SAMPLE_EVERY_MS) return;
		this.#sampledMs = this.parts.clock.now();
		await this.#observe();
	}

	async #run(over: AbortSignal): Promise<void> {
		while (!over.aborted) {
			await wait(this.parts.random() * spreadMs(await this.#instances()), over);
			const answer = await this.#observe();
			if (over.aborted) return;
			if (answer === 'enough' && (await this.#withdraw(over))) return;
			if (typeof answer === 'object') this.#keep(answer);
			await wait(Math.max(LEAST_WAIT_MS, this.check.intervalMs), over);
		}
	}

	/** `false` = too many went together, and it came back. */
	async #withdraw(over: AbortSignal): Promise<boolean> {
		const { withdrawing } = this;
		this.#kept = null;
		await withdrawing.setHealthy(false, withdrawing.reason());
		const answer = over.aborted ? 'enough' : await this.#observe();
		if (over.aborted || typeof answer === 'string') return true;
		this.#keep(answer);
		await withdrawing.setHealthy(true, withdrawing.reason());
		return over.aborted;
	}

	#keep({ others, needed }: Exclude<Answer, string>): void {
		const isNews = this.#kept === null;
		const { service, addr } = this.withdrawing.service().owner;
		this.#kept = { service, addr, others, needed };
		if (!isNews) return;
		const reason = this.withdrawing.reason();
		this.parts.logger.warn(
			'the check fails, but the service stays registered: too few other instances would be left',
			{
				...{ service, reason, others, needed },
			},
		);
		this.parts.kept({ ...this.#kept, reason });
	}

	async #instances(): Promise<number> {
		await this.#observe();
		return Math.max(1, ...[...this.#seen.values()].flatMap((seen) => seen.at(-1)?.count ?? 0));
	}

	/** Too few for the readers of one format are too few. */
	async #observe(): Promise<Answer> {
		const { config, entries } = this.withdrawing.service();
		let answer: Answer = 'enough';
		for (const [at, format] of config.formats.entries()) {
			const prefix = instancesPrefix({ format, name: config.name, namespace: config.namespace });
			const own = entries[at] !== undefined && this.parts.mayStand(entries[at].key) ? 1 : 0;
			const count = await this.#count(prefix);
			if (count === 'unknown') return 'unknown';
			if (count === 'denied' || this.check.minHealthy === undefined) continue;
			const seen = remember(this.#seen.get(prefix) ?? [], count, this.parts.clock.now());
			this.#seen.set(prefix, seen);
			answer = tooFew(this.check.minHealthy, { others: Math.max(0, count - own), seen }) ?? answer;
		}
		return answer;
	}

	/** What may not be counted cannot be waited for: it is withdrawn as if nothing had been asked for. */
	async #count(prefix: string): Promise<number | 'unknown' | 'denied'> {
		try {
			return await this.parts.store.count(prefix);
		} catch (error) {
			if (!(error instanceof StoreError && error.code === 'permission-denied')) return 'unknown';
			if (!this.#isDeniedTold)
				this.parts.logger.warn(
					'etcd denies counting the instances: a service whose check fails is withdrawn, even if none is left',
					{
						prefix,
					},
				);
			this.#isDeniedTold = true;
			return 'denied';
		}
	}
}
