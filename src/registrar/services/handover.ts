/** Keys that no service wants any more, until they are gone: at once, or when the keys that take their place stand. */
import type { Desired } from '../../core/registration.js';
import type { Member } from './service.js';

interface Leaver {
	readonly value: string;
	/** Whose keys take its place; `null` = nobody's: it goes at once. */
	successor: Member | null;
	/** Its turn has come, and that was told. */
	told: boolean;
}

export class Leaving {
	readonly #keys = new Map<string, Leaver>();

	/** The member's keys leave, but for those that its successor wants too. */
	add(member: Member, successor: Member | null): void {
		for (const leaver of this.#keys.values()) if (leaver.successor === member) leaver.successor = successor;
		const kept = new Set(successor?.entries.map(({ key }) => key));
		for (const { key, value } of member.entries)
			if (!kept.has(key)) this.#keys.set(key, { value, successor, told: false });
	}

	/** A service wants the key again. */
	stays(key: string): void {
		this.#keys.delete(key);
	}

	/** In the order in which they left. */
	wanted(paused: boolean, verified: (key: string) => boolean): [key: string, desired: Desired][] {
		return [...this.#keys].map(([key, leaver]) => [
			key,
			paused || isDue(leaver, verified) ? null : leaver.value,
		]);
	}

	/** What is gone is spoken of no more. `true` = for some that are still there the turn has just come. */
	left(isGone: (key: string) => boolean, verified: (key: string) => boolean): boolean {
		let news = false;
		for (const [key, leaver] of this.#keys) {
			if (isGone(key)) this.#keys.delete(key);
			else if (leaver.successor !== null && !leaver.told && isDue(leaver, verified))
				news = leaver.told = true;
		}
		return news;
	}
}

/** An unhealthy successor has no keys to wait for: then the service is to be absent under either. */
function isDue({ successor }: Leaver, verified: (key: string) => boolean): boolean {
	if (successor === null || !successor.healthy) return true;
	return successor.addr !== null && successor.entries.every(({ key }) => verified(key));
}
