/**
 * Watches the keys of this process so that a pass runs early. Only a hint: whatever becomes of it, the poll
 * goes on unchanged.
 */
import type { Clock, Store, WatchListener, WatchStream } from '../ports.js';

/** Up to so many keys each is watched alone; beyond, a range for each prefix costs etcd and the link less. */
const ALONE = 100;
/**
 * A watch that etcd or something in between ends sooner is not opened again at once: the next pass opens it.
 */
const SHORT_LIVED_MS = 1_000;

/** One that was not confirmed by then never will be: the next pass opens another. */
const OPENED_WITHIN_MS = 10_000;

interface Attempt {
	readonly keys: readonly string[];
	readonly askedMs: number;
	/** The open one it replaces, closed when this one is open too, or has failed. */
	former: Attempt | null;
	stream: WatchStream | null;
	openedMs: number | null;
}

export interface WatchReports {
	readonly changed: WatchListener['changed'];
	/** It is open. `again` = there was one before: what happened between them was not seen. */
	readonly opened: (again: boolean) => void;
	/** An open one ended: only a pass opens the next. */
	readonly ended: () => void;
}

export class Watch {
	#attempt: Attempt | null = null;
	/** What the keys were taken from last. */
	#services: Iterable<readonly string[]> | null = null;
	#denied = 0;
	#wasOpened = false;
	#isStopped = false;

	constructor(
		private readonly store: Store,
		private readonly clock: Clock,
		private readonly reports: WatchReports,
	) {}

	/**
	 * Opens a watch where there is none on the connection that answered, or where the keys are others than
	 * before. `services`: the keys of each service; the same object as before = nothing has changed.
	 * `prefixes`: those that many of the keys may share, each ending in the separator. `denied`: how many keys
	 * etcd denies; with fewer than before those that are allowed now have to be watched too.
	 */
	refresh(services: Iterable<readonly string[]>, prefixes: () => ReadonlySet<string>, denied = 0): void {
		if (this.#isStopped) return;
		const isAllowed = denied < this.#denied;
		this.#denied = denied;
		if (!isAllowed && services === this.#services && this.#isGood()) return;
		const keys = [...services].flat();
		this.#services = services;
		if (keys.length === 0) return this.#close();
		if (!isAllowed && isSame(keys, this.#attempt?.keys) && this.#isGood()) return;
		const groups = watchGroups(keys, prefixes());
		const attempt: Attempt = {
			...{ keys, former: this.#replaced(), stream: null },
			...{ askedMs: this.clock.now(), openedMs: null },
		};
		this.#attempt = attempt;
		const isUsed = () => attempt === this.#attempt;
		const ended = () => {
			if (!isUsed()) return;
			close(attempt.former);
			this.#attempt = null;
			const { openedMs } = attempt;
			if (openedMs !== null && this.clock.now() - openedMs >= SHORT_LIVED_MS) this.reports.ended();
		};
		const opened = () => {
			if (!isUsed()) return;
			close(attempt.former);
			attempt.former = null;
			attempt.openedMs = this.clock.now();
			const again = this.#wasOpened;
			this.#wasOpened = true;
			this.reports.opened(again);
		};
		const changed: WatchListener['changed'] = (key, change) => isUsed() && this.reports.changed(key, change);
		this.store.openWatch(groups, { changed, opened, ended }).then((stream) => {
			attempt.stream = stream;
			if (!isUsed()) stream.close();
		}, ended);
	}

	/** For good. */
	stop(): void {
		this.#isStopped = true;
		this.#close();
	}

	#close(): void {
		close(this.#attempt);
		close(this.#attempt?.former ?? null);
		this.#attempt = null;
	}

	/**
	 * The one that a new one stays beside; one that never opened is closed at once, so that a chain of them
	 * cannot grow.
	 */
	#replaced(): Attempt | null {
		const attempt = this.#attempt;
		if (attempt === null || attempt.openedMs !== null) return attempt;
		close(attempt);
		return attempt.former;
	}

	#isGood(): boolean {
		const attempt = this.#attempt;
		if (attempt === null) return false;
		if (attempt.openedMs === null && this.clock.now() - attempt.askedMs > OPENED_WITHIN_MS) return false;
		return attempt.stream === null || this.store.isCurrent(attempt.stream);
	}
}

/** Which keys are watched together, as one range from the first to the last; sorted. */
export function watchGroups(keys: readonly string[], prefixes: ReadonlySet<string>): string[][] {
	if (keys.length <= ALONE) return keys.map((key) => [key]);
	const groups = new Map<string, string[]>();
	for (const key of [...keys].sort()) {
		const prefix = prefixOf(key, prefixes);
		const group = groups.get(prefix);
		if (group === undefined) groups.set(prefix, [key]);
		else group.push(key);
	}
	return [...groups.values()];
}

/** The longest of the prefixes that the key begins with; without one the key itself. */
function prefixOf(key: string, prefixes: ReadonlySet<string>): string {
	for (let end = key.lastIndexOf('/'); end >= 0; end = key.lastIndexOf('/', end - 1)) {
		if (prefixes.has(key.slice(0, end + 1))) return key.slice(0, end + 1);
		if (end === 0) break;
	}
	return key;
}

const isSame = (keys: readonly string[], former: readonly string[] | undefined): boolean =>
	keys.length === former?.length && keys.every((key, index) => key === former[index]);
const close = (attempt: Attempt | null): void => attempt?.stream?.close();
