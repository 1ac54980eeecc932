/** How often the registrar is asked. Pure. */

const EVERY_MS = 1_000;
const LONGEST_MS = 10_000;
/** Of the time that answers take, so that a page costs a registrar with very many keys little. */
const BUSY_SHARE = 0.1;

export interface Asked {
	/** Questions in a row without an answer. */
	readonly failures: number;
	readonly tookMs: number;
	/** Nobody sees the page. */
	readonly isHidden: boolean;
}

/** How long to wait before the next question. */
export function waitMs({ failures, tookMs, isHidden }: Asked): number {
	if (isHidden) return LONGEST_MS;
	const backOff = EVERY_MS * 2 ** Math.max(0, failures - 1);
	return Math.min(LONGEST_MS, Math.max(backOff, tookMs / BUSY_SHARE));
}
