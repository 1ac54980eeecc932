export interface UntilOptions {
	/** Milliseconds after which waiting is given up. @defaultValue 30 000 */
	readonly limitMs?: number;
	/** Milliseconds between two tries. @defaultValue 25 */
	readonly everyMs?: number;
	/** What is waited for, told when it did not come. */
	readonly what?: string;
}

/**
 * Resolves to the first truthy value of `condition`. One that throws counts as "not yet"; its last error is
 * the cause of the failure when the limit passes. For facts that nobody tells: what sends an event is waited
 * for by the event.
 */
export async function until<T>(
	condition: () => T | Promise<T>,
	options: UntilOptions = {},
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
	const { limitMs = 30_000, everyMs = 25, what = condition.toString() } = options;
	const end = performance.now() + limitMs;
	let cause: unknown;
	for (;;) {
		try {
			const value = await condition();
			if (value) return value as Exclude<T, false | null | undefined | 0 | ''>;
			cause = undefined;
		} catch (error) {
			cause = error;
		}
		if (performance.now() >= end) throw new Error(`not within ${limitMs} ms: ${what}`, { cause });
		await new Promise((resolve) => setTimeout(resolve, everyMs));
	}
}
