/** Watches our own keys so that a pass runs early. Only a hint: whatever becomes of it, the poll goes on unchanged. */
import type { Store, WatchListener, WatchStream } from '../ports.js';

/** Beyond so many keys the poll and the lease do. */
const MOST_KEYS = 100;

interface Strand {
	readonly keys: string;
	/** The open one it replaces, closed when this one is open too, or has failed. */
	former: Strand | null;
	stream: WatchStream | null;
	opened: boolean;
}

export class Watching {
	#strand: Strand | null = null;
	#opened = false;
	#stopped = false;

	constructor(
		private readonly store: Store,
		private readonly changed: WatchListener['changed'],
		/** It was opened anew: what happened while there was none was not seen. */
		private readonly reopened: () => void,
	) {}

	/** After a good pass: opens a watch where there is none on the connection that answered, or the keys are others. */
	refresh(allKeys: Iterable<string>): void {
		const keys = [...allKeys].slice(0, MOST_KEYS);
		if (this.#stopped || keys.length === 0 || this.#isGood(keys.join('\n'))) return;
		const strand: Strand = { keys: keys.join('\n'), former: this.#replaced(), stream: null, opened: false };
		this.#strand = strand;
		const isOurs = () => strand === this.#strand;
		const ended = () => {
			if (!isOurs()) return;
			close(strand.former);
			this.#strand = null;
		};
		const opened = () => {
			if (!isOurs()) return;
			close(strand.former);
			strand.former = null;
			strand.opened = true;
			if (this.#opened) this.reopened();
			this.#opened = true;
		};
		const changed: WatchListener['changed'] = (key, change) => isOurs() && this.changed(key, change);
		this.store
			.openWatch(
				keys.map((key) => [key]),
				{ changed, opened, ended },
			)
			.then((stream) => {
				strand.stream = stream;
				if (!isOurs()) stream.close();
			}, ended);
	}

	stop(): void {
		this.#stopped = true;
		close(this.#strand);
		close(this.#strand?.former ?? null);
		this.#strand = null;
	}

	/** The strand that a new one stays beside; one that never opened is closed at once, so that a chain of them cannot grow. */
	#replaced(): Strand | null {
		const strand = this.#strand;
		if (strand === null || strand.opened) return strand;
		close(strand);
		return strand.former;
	}

	#isGood(keys: string): boolean {
		const strand = this.#strand;
		return (
			strand !== null &&
			strand.keys === keys &&
			(strand.stream === null || this.store.isCurrent(strand.stream))
		);
	}
}

const close = (strand: Strand | null): void => strand?.stream?.close();
