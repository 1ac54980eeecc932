import { REPAIR_REASONS } from '../../../src/core/registration.js';
import type { Status } from '../../../src/registrar/documents.js';
import { HINTS } from '../../../src/registrar/events.js';

const zeros = <K extends string>(names: readonly K[]) =>
	Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;

/** The status of a registrar that has just started, with what a test wants otherwise. */
export function aStatus(changes: Partial<Status> = {}): Status {
	return {
		version: '0.0.0',
		state: 'starting',
		ready: false,
		live: true,
		reason: 'not registered yet',
		keys: [],
		weights: [],
		paused: [],
		kept: [],
		lease: null,
		leases: [],
		endpoint: null,
		endpoints: [],
		intervalMs: 5000,
		lastPass: null,
		lastError: null,
		counters: {
			passes: { ok: 0, failed: 0 },
			repairs: zeros(REPAIR_REASONS),
			hints: zeros(HINTS),
			conflicts: 0,
			keepalives: { ok: 0, failed: 0 },
			passSeconds: {
				buckets: [
					[0.005, 0],
					[1, 0],
					[Infinity, 0],
				],
				sum: 0,
				count: 0,
			},
		},
		...changes,
	};
}
