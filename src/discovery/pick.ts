/**
 * One instance after the other, in proportion to the weights: smooth (a heavy one is spread over the turns,
 * not drawn in a row) and unbiased (a random start, so that clients that start together do not call the same
 * instance together). The static stride scheduler of gRPC's weighted_round_robin: O(1) memory beside the
 * weights, and few steps a pick unless the weights differ by orders of magnitude.
 */
import type { Instance } from '../core/formats/index.js';

/** The heaviest instance has this weight: drawn in each round. */
const FULL = 65_535;
/** Neighbours are drawn in different rounds by this offset. */
const OFFSET = FULL >> 1;

export class Picker {
	#sequence: number;
	#candidates: readonly Instance[] = [];
	#strides: readonly number[] = [];

	/** `random`: in [0, 1). */
	constructor(random: () => number) {
		this.#sequence = Math.floor(random() * 2 ** 32);
	}

	/** From now on over these. An instance of weight 0 is drawn only where all have it. */
	follow(instances: readonly Instance[]): void {
		const weighed = instances.filter(({ weight }) => weight > 0);
		this.#candidates = weighed.length > 0 ? weighed : instances;
		const heaviest = this.#candidates.reduce((most, { weight }) => Math.max(most, weight), 0);
		this.#strides = this.#candidates.map(({ weight }) =>
			heaviest === 0 ? FULL : Math.max(1, Math.round((weight / heaviest) * FULL)),
		);
	}

	pick(): Instance | null {
		const count = this.#candidates.length;
		if (count === 0) return null;
		for (;;) {
			this.#sequence = (this.#sequence + 1) % Number.MAX_SAFE_INTEGER;
			const at = this.#sequence % count;
			const round = Math.floor(this.#sequence / count) % FULL;
			const stride = this.#strides[at] ?? FULL;
			if ((stride * round + OFFSET * at) % FULL >= FULL - stride) return this.#candidates[at] ?? null;
		}
	}
}
