/**
 * Lease IDs of our choosing: 47 random bits for the process, 16 for a counter. Ours = our prefix, so no list
 * is kept, a lease that comes back from an outage or a restored snapshot is recognised, and a grant whose
 * answer was lost is repeated under the same ID. IDs are positive int64 (etcd: 0 asks the server to choose;
 * negative ones read badly in etcdctl).
 */
import type { LeaseId } from './registration.js';

const COUNTER_BITS = 16n;
const COUNTERS = 1n << COUNTER_BITS;
const PREFIXES = 1n << 47n;

export class LeaseIds {
	readonly #prefix: bigint;
	#counter = 0n;

	/** `random` gives a number in [0, 1), as Math.random does; two draws make the 47 bits. */
	constructor(random: () => number) {
		const draw = (bits: bigint) => BigInt(Math.floor(random() * Number(1n << bits)));
		this.#prefix = (((draw(23n) << 24n) | draw(24n)) % (PREFIXES - 1n)) + 1n;
	}

	/** Never the same twice within 65,536 grants; by then the first is long gone. */
	next(): LeaseId {
		this.#counter = (this.#counter + 1n) % COUNTERS;
		return ((this.#prefix << COUNTER_BITS) | this.#counter).toString();
	}

	isOurs(lease: LeaseId): boolean {
		return BigInt(lease) >> COUNTER_BITS === this.#prefix;
	}
}

/**
 * As etcdctl writes it, for people: lower-case hexadecimal digits without a prefix; also of a lease of
 * others, which may be negative.
 */
export function leaseHex(lease: LeaseId): string {
	return BigInt.asUintN(64, BigInt(lease)).toString(16);
}
