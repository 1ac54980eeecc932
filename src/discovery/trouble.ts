/**
 * Why the instances are not those of the last read: reported once for each kind, and once when it is over.
 */
import { StoreError } from '../core/errors.js';
import type { Logger } from '../core/log/logger.js';
import type { Held } from './view.js';

const KINDS = {
	away: 'etcd does not answer: keeping the last known instances',
	held: 'what etcd answers is not believed yet: keeping the last known instances',
	fault: 'a read failed by a fault of discovery itself: keeping the last known instances',
} as const;

const HELD = {
	empty: 'etcd knows no instance any more: believed only if it still says so after the grace',
	history: 'etcd was wiped, restored or replaced: what it lacks is believed to be gone only after the grace',
} as const;

export class Trouble {
	#now: { readonly kind: keyof typeof KINDS; readonly error: Error } | null = null;

	constructor(
		private readonly logger: Logger,
		private readonly fields: () => Record<string, unknown>,
		private readonly listeners: {
			readonly began: (error: Error) => void;
			readonly ended: () => void;
		},
	) {}

	get error(): Error | null {
		return this.#now?.error ?? null;
	}

	failed(error: unknown): void {
		if (error instanceof StoreError) this.#set('away', error);
		else this.#set('fault', error instanceof Error ? error : new Error(String(error)));
	}

	held({ why }: Held): void {
		this.#set('held', new StoreError('unavailable', HELD[why]));
	}

	over(): void {
		if (this.#now === null) return;
		this.#now = null;
		this.logger.info('etcd answers again, and its answer counts', this.fields());
		this.listeners.ended();
	}

	#set(kind: keyof typeof KINDS, error: Error): void {
		const former = this.#now;
		this.#now = { kind, error };
		if (former?.kind !== kind) this.logger.warn(KINDS[kind], { ...this.fields(), reason: error.message });
		if (former === null) this.listeners.began(error);
	}
}
