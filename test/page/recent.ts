import type {
	ChangeKind,
	KeyState,
	KeyStatus,
	RecentChange,
	RecentChanges,
} from '../../src/registrar/documents.js';

interface Options {
	readonly keys?: number;
	readonly startedAgoMs?: number;
	readonly passingMs?: number | null;
	readonly completeAgoMs?: number | null;
}

/** Keys `k0`, `k1`, … by their numbers, and what happened to them, oldest first. */
export function aRecent(
	changes: readonly RecentChange[],
	{ keys = 3, startedAgoMs = 3_600_000, passingMs = null, completeAgoMs = null }: Options = {},
): RecentChanges {
	return {
		startedAgoMs,
		passingMs,
		completeAgoMs,
		keys: Array.from({ length: keys }, (_, number) => [number, `k${number}`] as const),
		changes,
	};
}

/** `numbers`: of the keys; left out = of all keys at once, as an outage is. */
export function change(
	agoMs: number,
	kind: ChangeKind,
	before: ChangeKind | null = null,
	numbers: readonly number[] = [],
	why: string | null = null,
): RecentChange {
	const keys = numbers.map((number) => [number, number] as const);
	return { agoMs, kind, before, why, count: numbers.length, keys };
}

export function aKey(
	key: string,
	state: KeyState = 'registered',
	changes: Partial<KeyStatus> = {},
): KeyStatus {
	return { key, service: 'user', addr: '', state, verifiedAgoMs: 100, value: 'v', lease: '7', ...changes };
}
