/** What the registrar answered, as the page keeps it. */
import type { RecentChanges, Status } from '../registrar/documents.js';

interface Paused {
	readonly service: string;
	readonly reason: string | null;
	readonly agoMs: number;
}

export interface Snapshot {
	/** JSON: what is infinite in it is a text. */
	readonly status: Status & { readonly paused?: readonly Paused[] };
	readonly changes: RecentChanges;
	/** When it came, by the browser's clock. */
	readonly atMs: number;
}
