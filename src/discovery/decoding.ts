/**
 * From what stands in etcd to instances: what is no instance is left out, reported once per key, and costs
 * the others nothing.
 */
import { decode, type WantedName } from '../core/formats/index.js';
import type { Logger } from '../core/log/logger.js';
import type { Listing } from './ports.js';
import { type AnsweredEntry, type CompleteAnswer, continues } from './view.js';

export class Decoding {
	readonly #reported = new Set<string>();

	constructor(
		private readonly wanted: WantedName,
		private readonly prefix: string,
		private readonly logger: Logger,
	) {}

	/** An entry that was not written since `last` is not decoded again. */
	answerOf(listing: Listing, last: CompleteAnswer | null): CompleteAnswer {
		const header = {
			clusterId: listing.clusterId,
			revision: BigInt(listing.revision),
			term: BigInt(listing.term),
		};
		const entries = new Map<string, AnsweredEntry>();
		for (const { key, value, modRevision } of listing.entries) {
			const known = last?.entries.get(key);
			entries.set(key, known?.modRevision === modRevision ? known : this.#decoded(key, value, modRevision));
		}
		for (const key of this.#reported) if (!entries.has(key)) this.#reported.delete(key);
		const answer = { ...header, entries };
		// In another history the same revision may stand for another value.
		return last === null || continues(last, answer) ? answer : this.answerOf(listing, null);
	}

	#decoded(key: string, value: Uint8Array | null, modRevision: string): AnsweredEntry {
		const found = decode(this.wanted, key, value, this.prefix);
		if ('instance' in found) return { modRevision, instance: found.instance };
		if (!this.#reported.has(key)) {
			this.#reported.add(key);
			this.logger.warn('this value is no instance: it is left out', {
				key,
				format: this.wanted.format,
				reason: found.reason,
			});
		}
		return { modRevision, instance: null };
	}
}
