/**
 * Keys that no service wants any more, until they are gone: at once, or when the keys that take their place
 * stand.
 */
import type { Desired } from '../../core/registration.js';
import type { OwnService } from './service.js';

/** Which service a key belongs to, or belonged to. */
export interface Owner {
	readonly service: string;
	readonly addr: string;
}

export interface LeavingKey {
	readonly value: string;
	readonly owner: Owner;
	/** What takes its place stood in etcd: it goes, whatever becomes of that. */
	isDue: boolean;
}

export interface Handover {
	/** Whose keys take the place of these; `null` = nobody's: they go at once. */
	successor: OwnService | null;
	readonly keys: Map<string, LeavingKey>;
}

export class Handovers {
	readonly #open = new Set<Handover>();
	readonly #byKey = new Map<string, Handover>();
	readonly #bySuccessor = new Map<OwnService, Handover>();

	constructor(
		/**
		 * This process wrote the key, and does not know it to be gone; what was never written needs no handover.
		 */
		private readonly mayStand: (key: string) => boolean,
		/** Called when something else is wanted than before. */
		private readonly changed: () => void,
	) {}

	/**
	 * The service's keys leave, but for those that its successor wants too; and so do those that waited for the
	 * service itself.
	 */
	begin(former: OwnService, successor: OwnService | null): void {
		const handover = this.#bySuccessor.get(former) ?? { successor, keys: new Map() };
		this.#bySuccessor.delete(former);
		handover.successor = successor;
		const kept = new Set(successor?.entries.map(({ key }) => key));
		for (const { key, value } of former.entries) {
			if (kept.has(key) || !this.mayStand(key)) continue;
			handover.keys.set(key, { value, owner: former.owner, isDue: false });
			this.#byKey.set(key, handover);
		}
		this.changed();
		if (handover.keys.size === 0) return void this.#open.delete(handover);
		this.#open.add(handover);
		if (successor !== null) this.#bySuccessor.set(successor, handover);
	}

	/** A service wants the key again. */
	stays(key: string): void {
		const handover = this.#byKey.get(key);
		if (handover !== undefined) this.#forget(handover, key);
	}

	/** In favour of this service; `undefined` = none. */
	to(successor: OwnService): Handover | undefined {
		return this.#bySuccessor.get(successor);
	}

	/** In nobody's favour: the keys of services that were removed. */
	*ofRemoved(): Iterable<Handover> {
		for (const handover of this.#open) if (handover.successor === null) yield handover;
	}

	/** After each pass: forgets what is gone. `true` = keys that are still there have just become due. */
	settle(verified: (key: string) => boolean): boolean {
		let news = false;
		for (const handover of this.#open) {
			const isTaken = hasArrived(handover.successor, verified);
			for (const [key, leaving] of handover.keys) {
				if (isTaken && !leaving.isDue) {
					leaving.isDue = news = true;
					this.changed();
				}
				if (wantedOf(handover, leaving) === null && !this.mayStand(key)) this.#forget(handover, key);
			}
		}
		return news;
	}

	#forget(handover: Handover, key: string): void {
		this.#byKey.delete(key);
		handover.keys.delete(key);
		this.changed();
		if (handover.keys.size > 0) return;
		this.#open.delete(handover);
		if (handover.successor !== null) this.#bySuccessor.delete(handover.successor);
	}
}

/**
 * What should stand under a key that leaves. A successor that is unhealthy or paused has no keys to wait
 * for: the service is to be absent under either.
 */
export function wantedOf({ successor }: Handover, leaving: LeavingKey): Desired {
	return leaving.isDue || successor?.isWanted !== true ? null : leaving.value;
}

function hasArrived(successor: OwnService | null, verified: (key: string) => boolean): boolean {
	if (successor?.isWanted !== true || successor.addr === null) return false;
	return successor.entries.every(({ key }) => verified(key));
}
